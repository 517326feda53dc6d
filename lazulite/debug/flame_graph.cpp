#include <fmt/format.h>

#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "lazulite/debug/markup.h"
#include "lazulite/debug/profile.h"

namespace lazulite::debug {
namespace {

/// A bar with what it is made of above it.
struct Bar {
  double seconds = 0;
  uint64_t calls = 0;
  std::map<std::string, Bar> parts;

  void add(std::span<const std::string> path, const ProfileRow& row) {
    seconds += row.seconds;
    calls += row.calls;
    if (!path.empty()) parts[path[0]].add(path.subspan(1), row);
  }
};

// "Net", "encoder", "0"
std::vector<std::string> layers_of(const std::string& module) {
  std::vector<std::string> names;
  std::istringstream parts(module);
  for (std::string name; std::getline(parts, name, '.');) names.push_back(name);
  return names;
}

// Colours from yellow to red, the same for the same name.
std::string colour(const std::string& name) {
  size_t hash = std::hash<std::string>()(name);
  return fmt::format("hsl({} 75% {}%)", 12 + hash % 38, 62 + hash / 64 % 14);
}

void write(const std::string& name, const Bar& bar, double whole, std::string& out) {
  out += fmt::format(
      "<div class=\"bar\" style=\"flex: {:.9f} 0 0\"><div class=\"name\" style=\"background: {}\" "
      "title=\"{}: {:.3f} ms, {:.1f} %, {} calls\">{}</div>",
      bar.seconds * 1e6, colour(name), escaped(name), bar.seconds * 1e3,
      whole > 0 ? 100 * bar.seconds / whole : 0, bar.calls, escaped(name));
  if (!bar.parts.empty()) {
    out += "<div class=\"parts\">";
    for (const auto& [part, inner] : bar.parts) write(part, inner, whole, out);
    out += "</div>";
  }
  out += "</div>\n";
}

}  // namespace

std::string Profile::flame_graph() const {
  Bar all;
  for (const ProfileRow& row : rows()) {
    std::vector<std::string> path = layers_of(row.module);
    if (path.empty()) path.push_back(row.function.empty() ? "(not known)" : row.function);
    path.push_back(row.place.empty() ? "(a line that is not known)" : row.place);
    path.push_back(row.operation);
    path.push_back(row.kernel);
    all.add(path, row);
  }
  const TimeLine time = time_line();
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>Profile</title>\n<style>\n"
      "body {{ font: 13px system-ui, sans-serif; margin: 1.5em; color: #1c2330; }}\n"
      ".bar {{ min-width: 0; overflow: hidden; }}\n"
      ".parts {{ display: flex; }}\n"
      ".name {{ height: 20px; line-height: 20px; margin: 0 1px 1px 0; padding: 0 4px; overflow: "
      "hidden; white-space: nowrap; text-overflow: ellipsis; border-radius: 2px; }}\n"
      ".name:hover {{ outline: 2px solid #1c2330; outline-offset: -2px; }}\n"
      "</style>\n<h1>Where the kernels' time went</h1>\n"
      "<p>{:.3f} s in all: kernels {:.3f} s, copies {:.3f} s, plans and hand-over {:.3f} s, loader "
      "{:.3f} s, idle "
      "{:.3f} s, the program itself {:.3f} s. From top to bottom: layers or functions, lines, "
      "operations, "
      "kernels; as wide as their time. Point at a bar for its figures.</p>\n",
      time.wall, time.kernel, time.copy, time.plan, time.loader, time.idle, time.program);
  write("all kernels", all, all.seconds, out);
  return out + "</html>\n";
}

}  // namespace lazulite::debug
