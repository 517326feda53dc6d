#include "page.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "chart.h"
#include "lazulite/core/version.h"
#include "lazulite/debug/debug.h"
#include "lazulite/debug/markup.h"
#include "lazulite/io/atomic_file.h"
#include "page_style.h"

namespace cnn {
namespace {

using lazulite::debug::escaped;

constexpr const char* deep = "#1c4b96";
constexpr const char* bright = "#4f93dd";
constexpr size_t profile_rows = 16;
constexpr double percent = 100;

std::string file_in(const Options& options, const std::string& name) {
  return (std::filesystem::path(options.report) / name).string();
}

/// Three figures or more, and no exponents.
std::string number(double value) {
  const double size = std::abs(value);
  if (size >= 100) return fmt::format("{:.0f}", value);
  if (size >= 10) return fmt::format("{:.1f}", value);
  return size >= 1 ? fmt::format("{:.2f}", value) : fmt::format("{:.3f}", value);
}

/// A table row by row; of each row the first `words` cells are words.
class Table {
 public:
  Table(const std::vector<std::string>& columns, size_t words) : words_(words) {
    out_ = "<div class=\"table\"><table>\n<thead>" + row(columns, "th") + "</thead>\n<tbody>\n";
  }
  void add(const std::vector<std::string>& cells) { out_ += row(cells, "td"); }
  std::string text() const { return out_ + "</tbody></table></div>\n"; }

 private:
  std::string row(const std::vector<std::string>& cells, const char* tag) const {
    std::string text = "<tr>";
    for (size_t i = 0; i < cells.size(); ++i) {
      text += fmt::format("<{}{}>{}</{}>", tag, i < words_ ? " class=\"words\"" : "",
                          escaped(cells[i]), tag);
    }
    return text + "</tr>\n";
  }

  size_t words_;
  std::string out_;
};

std::string figure(const std::string& title, const std::string& svg) {
  if (svg.empty()) return "";
  return fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", escaped(title), svg);
}

std::string card(const std::string& value, const std::string& words) {
  return fmt::format("<div><b>{}</b> <span>{}</span></div>\n", escaped(value), escaped(words));
}

std::string cards(const Report& report) {
  std::vector<double> seconds;
  for (const EpochResult& epoch : report.epochs) seconds.push_back(epoch.seconds);
  const TestTimes& times = report.test_times;
  return "<div class=\"figures\">\n" +
         card(number(range_of(seconds).mean) + " s", "an epoch of training, mean") +
         card(number(times.batched_ms) + " ms",
              fmt::format("{} images at batch 512", times.images)) +
         card(number(times.single_us.mean) + " µs", "one image at a time, mean") +
         card(fmt::format("{:.2f} %", percent * report.test.accuracy), "of the test images right") +
         "</div>\n";
}

std::string learning(const Report& report) {
  std::vector<Series> accuracy = {{"training", bright, {}, {}}, {"validation", deep, {}, {}}};
  std::vector<Series> loss = accuracy;
  Table table(
      {"epoch", "training loss", "accuracy, %", "validation loss", "accuracy, %", "s", "images/s"},
      0);
  for (size_t i = 0; i < report.epochs.size(); ++i) {
    const EpochResult& epoch = report.epochs[i];
    const Score scores[] = {epoch.training, epoch.validation};
    for (size_t part = 0; part < 2; ++part) {
      accuracy[part].x.push_back(double(i + 1));
      accuracy[part].y.push_back(percent * scores[part].accuracy);
      loss[part].x.push_back(double(i + 1));
      loss[part].y.push_back(scores[part].loss);
    }
    table.add({std::to_string(i + 1), fmt::format("{:.4f}", epoch.training.loss),
               fmt::format("{:.2f}", percent * epoch.training.accuracy),
               fmt::format("{:.4f}", epoch.validation.loss),
               fmt::format("{:.2f}", percent * epoch.validation.accuracy),
               fmt::format("{:.3f}", epoch.seconds),
               fmt::format("{:.0f}", epoch.images_per_second)});
  }
  return "<h2>What it learns, and how fast</h2>\n<div class=\"pictures\">\n" +
         figure("Accuracy, %", line_chart("Accuracy, %", "epoch", accuracy)) +
         figure("Loss", line_chart("Loss", "epoch", loss)) + "</div>\n" + table.text();
}

std::string steps(const Options& options, const Report& report) {
  Table table({"", "min, µs", "mean", "max"}, 1);
  auto add = [&](const std::string& name, const Range& range) {
    table.add({name, number(range.min), number(range.mean), number(range.max)});
  };
  add(fmt::format("one of {} test images", report.test_times.singles), report.test_times.single_us);
  if (report.step_times) {
    const StepTimes& times = *report.step_times;
    add(fmt::format("training step, {} images", options.batch), times.batch_training_us);
    add("training step, one image", times.single_training_us);
    add(fmt::format("inference, {} images", options.batch), times.batch_inference_us);
    add("inference, one image", times.single_inference_us);
  }
  return "<h2>How long single steps take</h2>\n" + table.text();
}

std::string profile(const lazulite::debug::Profile& profile) {
  const lazulite::debug::TimeLine time = profile.time_line();
  auto share = [&](double part) {
    return fmt::format("{:.1f}%", time.wall > 0 ? percent * part / time.wall : 0);
  };
  Table table({"computes", "operations", "kernel", "calls", "total, ms", "each, µs", "share, %",
               "GFLOP/s", "of the roof, %"},
              3);
  const auto rows = profile.rows();
  for (size_t i = 0; i < std::min(rows.size(), profile_rows); ++i) {
    const auto& row = rows[i];
    table.add({row.function, row.operation, row.kernel, std::to_string(row.calls),
               number(row.seconds * 1e3), number(row.seconds * 1e6 / double(row.calls)),
               number(row.share * percent),
               number(row.operations / std::max(row.seconds, 1e-12) * 1e-9),
               number(percent * row.roof)});
  }
  return fmt::format(
             "<h2>Where the time goes</h2>\n<p>Training steps, {:.0f} ms: kernels {}, plans and "
             "hand-over {}, the loader {}, idle {}, the program itself {}. Beside this page: "
             "<a href=\"profile.flame.html\">the flame graph</a>, <a "
             "href=\"profile.trace.json\">the trace</a> for ui.perfetto.dev. GFLOP/s "
             "count convolutions as the plain method would do them; the share of the roof, what "
             "the "
             "machine does at best, counts them as Winograd's does.</p>\n",
             time.wall * 1e3, share(time.kernel), share(time.plan), share(time.loader),
             share(time.idle), share(time.program)) +
         table.text();
}

std::string power(const Report& report) {
  Series load{"", deep, {}, {}}, watts = load, gpu_load = load, gpu_watts = load;
  auto add = [&](Series& series, double second, std::optional<double> value, double scale) {
    if (!value) return;
    series.x.push_back(second);
    series.y.push_back(*value * scale);
  };
  for (const auto& sample : report.history) {
    const double second = double(sample.time - report.history.front().time) * 1e-9;
    add(load, second, sample.mean_load(), percent);
    add(watts, second, sample.watts, 1);
    if (sample.gpus.empty()) continue;
    add(gpu_load, second, sample.gpus[0].load, percent);
    add(gpu_watts, second, sample.gpus[0].watts, 1);
  }
  std::string out = "<h2>Power and utilisation</h2>\n<div class=\"pictures\">\n";
  for (const auto& [title, series] : {std::pair("Load of the processor, %", &load),
                                      {"Power of the processor, W", &watts},
                                      {"Load of the GPU, %", &gpu_load},
                                      {"Power of the GPU, W", &gpu_watts}}) {
    out += figure(title, line_chart(title, "seconds", {*series}));
  }
  out += "</div>\n<p class=\"quiet\">";
  for (const std::string& sentence : report.missing) out += escaped(sentence) + " ";
  return out + "</p>\n";
}

std::string page(const Options& options, const Report& report) {
  const std::string title =
      fmt::format("A small network on {}, with Lazulite in C++", name_of(options.dataset));
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>{0}</title>\n<style>\n{1}</style>\n</head>\n<body>\n"
             "<header><div><h1>{0}</h1>\n<p>Three convolutions and three linear layers, batch {2}, "
             "Adam at {3}, seed {4}; Lazulite {5} on {6} with {7} threads. All figures are in "
             "results.json beside this page.</p></div></header>\n<main>\n",
             title, page_style, options.batch, options.learning_rate, options.seed,
             lazulite::version(), options.device, lazulite::num_threads()) +
         cards(report) + learning(report) + steps(options, report) +
         (report.profile ? profile(*report.profile) : "") + power(report) +
         "</main>\n</body>\n</html>\n";
}

}  // namespace

void make_report_folder(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.report, error);
  if (error) {
    throw lazulite::Error(fmt::format("the folder '{}' of --report cannot be made: {}",
                                      options.report, error.message()));
  }
}

void write_report(const Options& options, const Report& report) {
  write_file(file_in(options, "results.json"), to_json(options, report));
  write_file(file_in(options, bench_file(options)), bench_lines(options, report));
  if (report.profile) {
    write_profile(*report.profile, file_in(options, "profile"), report.history);
  }
  write_file(file_in(options, "index.html"), page(options, report));
}

}  // namespace cnn
