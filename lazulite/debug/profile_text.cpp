#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lazulite/debug/evaluation_trace.h"
#include "lazulite/debug/profile.h"
#include "lazulite/debug/profile_recorder.h"
#include "lazulite/debug/recompile_log.h"

namespace lazulite::debug {
namespace {

std::string bytes_text(double bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(units)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.4g} {}", bytes, units[unit]);
}

// The end of a text that is too long for its column.
std::string cut(const std::string& text, size_t width) {
  return text.size() <= width ? text : "..." + text.substr(text.size() - width + 3);
}

std::string line_of(const std::string& function, const std::string& place) {
  if (place.empty()) return "(a line that is not known)";
  const size_t folder = place.rfind('/');
  std::string text = folder == std::string::npos ? place : place.substr(folder + 1);
  if (function.empty()) return text;
  // Of a function inside of others its own name.
  const std::string inside = "<locals>.";
  const size_t name = function.rfind(inside);
  return (name == std::string::npos ? function : function.substr(name + inside.size())) + " (" +
         text + ")";
}

std::string share_text(const TimeLine& time, double part) {
  return fmt::format("{:.1f} %", time.wall > 0 ? 100 * part / time.wall : 0);
}

}  // namespace

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string Profile::table(size_t most_rows) const {
  const TimeLine time = time_line();
  std::string out = fmt::format(
      "{:.3f} s: kernels {}, copies {}, plans and hand-over {}, loader {}, idle {}, the program "
      "itself {}\n\n",
      time.wall, share_text(time, time.kernel), share_text(time, time.copy),
      share_text(time, time.plan), share_text(time, time.loader), share_text(time, time.idle),
      share_text(time, time.program));
  const std::vector<ProfileRow> all = rows();
  out += fmt::format("{:<52} {:<34} {:<15} {:>8} {:>10} {:>10} {:>7} {:>8} {:>9} {:>7}\n", "line",
                     "operations", "kernel", "calls", "total ms", "each us", "share", "GB/s",
                     "GFLOP/s", "of roof");
  for (size_t i = 0; i < std::min(all.size(), most_rows); ++i) {
    const ProfileRow& row = all[i];
    const double time_of_row = std::max(row.seconds, 1e-12);
    out += fmt::format(
        "{:<52} {:<34} {:<15} {:>8} {:>10.3f} {:>10.2f} {:>5.1f} % {:>8.2f} {:>9.2f} {:>5.1f} %\n",
        cut(line_of(row.module.empty() ? row.function : row.module, row.place), 52),
        cut(row.operation, 34), cut(row.kernel, 15), row.calls, row.seconds * 1e3,
        row.seconds * 1e6 / static_cast<double>(row.calls), row.share * 100,
        row.bytes / time_of_row * 1e-9, row.operations / time_of_row * 1e-9, row.roof * 100);
  }
  if (all.size() > most_rows) out += fmt::format("and {} more\n", all.size() - most_rows);

  const std::vector<MemoryRow> taken = memory();
  if (!taken.empty()) out += "\nmemory taken for results\n";
  for (size_t i = 0; i < std::min(taken.size(), most_rows); ++i) {
    out += fmt::format("{:<52} {:>8} times {:>12}, with {} live at most\n",
                       cut(line_of(taken[i].function, taken[i].place), 52), taken[i].allocations,
                       bytes_text(taken[i].bytes), bytes_text(taken[i].peak_bytes));
  }

  struct Group {
    uint64_t count = 0;
    int64_t duration = 0, waiting = 0, planning = 0;
  };
  std::vector<std::pair<std::string, Group>> groups;
  for (const Evaluation& evaluation : evaluations()) {
    std::string name = std::string(name_of(evaluation.cause)) +
                       (is_explicit(evaluation.cause) ? "" : " (implicit)") + ", " +
                       line_of("", evaluation.place);
    auto at = std::find_if(groups.begin(), groups.end(),
                           [&](const auto& group) { return group.first == name; });
    if (at == groups.end()) at = groups.insert(groups.end(), {name, {}});
    ++at->second.count;
    at->second.duration += evaluation.duration;
    at->second.waiting += evaluation.waiting;
    at->second.planning += evaluation.planning;
  }
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a.second.duration > b.second.duration; });
  if (!groups.empty()) out += "\nevaluations\n";
  for (size_t i = 0; i < std::min(groups.size(), most_rows); ++i) {
    const auto& [name, group] = groups[i];
    out += fmt::format("{:<60} {:>8} times {:>10.3f} ms, {:.3f} of it waiting, {:.3f} planning\n",
                       cut(name, 60), group.count, static_cast<double>(group.duration) * 1e-6,
                       static_cast<double>(group.waiting) * 1e-6,
                       static_cast<double>(group.planning) * 1e-6);
  }
  const std::vector<Retrace> retraces = traces();
  if (!retraces.empty()) out += "\ntraces of compiled functions\n";
  for (const Retrace& retrace : retraces) out += to_string(retrace) + "\n";
  return out;
}

std::string Profile::json() const {
  const TimeLine time = time_line();
  std::string out = fmt::format(
      "{{\"time_line\": {{\"wall\": {:.9f}, \"kernel\": {:.9f}, \"copy\": {:.9f}, \"plan\": "
      "{:.9f}, \"loader\": "
      "{:.9f}, \"idle\": {:.9f}, \"program\": {:.9f}}},\n\"roof\": {{\"bytes_per_second\": {:.6g}, "
      "\"operations_per_second\": {:.6g}}},\n\"rows\": [",
      time.wall, time.kernel, time.copy, time.plan, time.loader, time.idle, time.program,
      machine_roof().bytes_per_second, machine_roof().operations_per_second);
  const char* separator = "\n";
  for (const ProfileRow& row : rows()) {
    out += fmt::format(
        "{}{{\"function\": {}, \"place\": {}, \"module\": {}, \"operation\": {}, \"kernel\": {}, "
        "\"calls\": {}, "
        "\"seconds\": {:.9f}, \"share\": {:.6f}, \"bytes\": {:.0f}, \"operations\": {:.0f}, "
        "\"roof\": {:.6f}}}",
        separator, json_text(row.function), json_text(row.place), json_text(row.module),
        json_text(row.operation), json_text(row.kernel), row.calls, row.seconds, row.share,
        row.bytes, row.operations, row.roof);
    separator = ",\n";
  }
  out += "],\n\"memory\": [";
  separator = "\n";
  for (const MemoryRow& row : memory()) {
    out += fmt::format(
        "{}{{\"function\": {}, \"place\": {}, \"allocations\": {}, \"bytes\": {:.0f}, "
        "\"peak_bytes\": {:.0f}}}",
        separator, json_text(row.function), json_text(row.place), row.allocations, row.bytes,
        row.peak_bytes);
    separator = ",\n";
  }
  out += "],\n\"evaluations\": [";
  separator = "\n";
  for (const Evaluation& evaluation : evaluations()) {
    out += fmt::format(
        "{}{{\"cause\": {}, \"explicit\": {}, \"place\": {}, \"operations\": {}, \"plans_built\": "
        "{}, \"seconds\": {:.9f}, \"planning_seconds\": {:.9f}, \"waiting_seconds\": {:.9f}}}",
        separator, json_text(name_of(evaluation.cause)), is_explicit(evaluation.cause),
        json_text(evaluation.place), evaluation.nodes, evaluation.plans_built,
        static_cast<double>(evaluation.duration) * 1e-9,
        static_cast<double>(evaluation.planning) * 1e-9,
        static_cast<double>(evaluation.waiting) * 1e-9);
    separator = ",\n";
  }
  out += "],\n\"traces\": [";
  separator = "\n";
  for (const Retrace& retrace : traces()) {
    std::string reasons;
    for (const std::string& reason : retrace.reasons) {
      reasons += (reasons.empty() ? "" : ", ") + json_text(reason);
    }
    out += fmt::format(
        "{}{{\"function\": {}, \"place\": {}, \"first\": {}, \"reasons\": [{}], \"seconds\": "
        "{:.9f}}}",
        separator, json_text(retrace.function), json_text(retrace.place), retrace.first, reasons,
        static_cast<double>(retrace.duration) * 1e-9);
    separator = ",\n";
  }
  return out + "]}\n";
}

}  // namespace lazulite::debug
