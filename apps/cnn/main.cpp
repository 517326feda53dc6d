#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <limits>

#include "console.h"
#include "interrupt.h"
#include "lazulite/io/atomic_file.h"
#include "options.h"
#include "page.h"
#include "progress.h"
#include "report.h"
#include "session.h"
#include "turns.h"

namespace cnn {
namespace {

namespace data = lazulite::data;

constexpr int64_t profiled_steps = 100;

// What can be known to fail at the end is better known before hours of training.
void check_outputs(const Options& options) {
  if (!options.report.empty()) make_report_folder(options);
  for (const std::string& file : output_files(options)) lazulite::io::check_writable(file);
}

void print_epoch(int64_t number, const EpochResult& epoch) {
  const std::vector<std::string> fields = {
      fmt::format("epoch {:2d}", number),
      fmt::format("training loss {:.4f}, accuracy {:.2f}%", shown(epoch.training.loss),
                  100 * shown(epoch.training.accuracy)),
      fmt::format("validation loss {:.4f}, accuracy {:.2f}%", shown(epoch.validation.loss),
                  100 * shown(epoch.validation.accuracy)),
      fmt::format("{:.0f} images/s", epoch.images_per_second),
      fmt::format("{:.2f} s", epoch.seconds)};
  print("{}\n", wrapped(fields, redraws() ? columns() : std::numeric_limits<int>::max()));
}

void print_test(const Report& report) {
  const TestTimes& times = report.test_times;
  print("{} test images at batch 512: {:.1f} ms ({:.0f} images/s)\n", times.images,
        times.batched_ms, double(times.images) / times.batched_ms * 1000);
  print("one image at a time: {:.1f} us on average, {:.1f} us at best\n", times.single_us.mean,
        times.single_us.min);
  print("test loss: {:.4f}\ntest accuracy: {:.2f}%\n", report.test.loss,
        100 * report.test.accuracy);
}

void print_session(Session& session, const Options& options) {
  const data::ImageDataset& images = session.images();
  print("{}: {} training, {} validation and {} test images of {}×{}×{}, {} classes\n",
        name_of(options.dataset), session.training()->size(), session.validation()->size(),
        session.test()->size(), images.height(), images.width(), images.channels(),
        images.num_classes());
  print("{} parameters, batch {}, learning rate {}, {} with {} threads\n",
        session.trainer().network().parameter_count(), options.batch, options.learning_rate,
        options.device, lazulite::num_threads());
  if (!session.epochs().empty()) {
    print("going on from '{}' after epoch {}\n", options.checkpoint, session.epochs().size());
  }
}

void train(Session& session, const Options& options) {
  while (std::ssize(session.epochs()) < options.epochs && !interrupted()) {
    const int64_t number = std::ssize(session.epochs()) + 1;
    Progress progress(fmt::format("epoch {:2d}", number), session.training()->size());
    session.train_epoch(&progress);
    if (interrupted()) break;
    print_epoch(number, session.epochs().back());
    if (!options.save.empty()) session.trainer().network().save_weights(options.save);
  }
}

// What the network can do, and how fast. Steps change it, so they come last.
Report measure(Session& session, const Options& options) {
  Report report;
  report.epochs = session.epochs();
  if (!interrupted()) report.test = session.score();
  if (!interrupted()) {
    report.test_times = time_test_set(session.trainer(), session.test(), 0, session.test()->size());
  }
  const bool everything = !options.report.empty();
  if (!interrupted() && everything) {
    report.profile = profile_steps(session, profiled_steps, options.batch);
  }
  if (!interrupted() && (options.bench || everything)) {
    report.step_times = time_steps(session.trainer(), session.training(), options.batch);
  }
  return report;
}

int run(const Options& options) {
  check_outputs(options);
  if (options.turns) return take_turns(options);
  std::optional<lazulite::debug::Monitor> monitor;
  if (!options.report.empty()) monitor.emplace();
  Session session(options);
  print_session(session, options);
  train(session, options);
  Report report = measure(session, options);
  if (interrupted()) {
    const bool saved = !options.save.empty() && report.epochs.size() > 1;
    print_error(saved ? fmt::format("interrupted; '{}' holds the weights of the last whole epoch",
                                    options.save)
                      : "interrupted");
    return interrupted_code();
  }
  if (!std::isfinite(report.test.loss)) {
    throw lazulite::Error(fmt::format("the test loss is {}", shown(report.test.loss)));
  }
  print_test(report);
  if (options.bench) write_file(bench_file(options), bench_lines(options, report));
  if (!options.json.empty()) write_file(options.json, to_json(options, report));
  if (monitor) {
    monitor->sample();
    monitor->stop();
    report.history = monitor->history();
    report.missing = monitor->missing();
    write_report(options, report);
    print("report: {}\n", options.report + "/index.html");
  }
  return 0;
}

}  // namespace
}  // namespace cnn

int main(int argc, char** argv) {
  cnn::prepare_streams();
  try {
    int exit_code = 0;
    auto options = cnn::parse_options(argc, argv, &exit_code);
    if (!options) return exit_code;
    cnn::catch_interrupts();
    return cnn::run(*options);
  } catch (const std::exception& error) {
    cnn::print_error(error.what());
    return 1;
  }
}
