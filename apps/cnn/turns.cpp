#include "turns.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <iostream>
#include <sstream>

#include "console.h"
#include "interrupt.h"
#include "json.h"
#include "lazulite/debug/debug.h"
#include "measure.h"
#include "report.h"
#include "session.h"

namespace cnn {
namespace {

void answer(const std::string& what, Json value) {
  print("{}\n", Json{{what, std::move(value)}}.dump());
}

Json description(Session& session, const Options& options) {
  Json epochs = Json::array();
  for (const EpochResult& epoch : session.epochs()) epochs.push_back(json(epoch));
  return {{"framework", "lazulite"},
          {"version", lazulite::version()},
          {"device", options.device},
          {"threads", lazulite::num_threads()},
          {"parameters", session.trainer().network().parameter_count()},
          {"epochs", epochs}};
}

int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

Json test(Session& session, int64_t first, int64_t count) {
  const Score score = session.score();
  const TestTimes times = time_test_set(session.trainer(), session.test(), first, count);
  return {{"loss", score.loss},
          {"accuracy", score.accuracy},
          {"images", times.images},
          {"batched_ms", times.batched_ms},
          {"singles", times.singles},
          {"single_us", json(times.single_us)},
          {"peak_memory_bytes", peak_memory()}};
}

// One order; false where it is none.
bool obey(const std::string& line, Session& session, const Options& options) {
  std::istringstream words(line);
  std::string order, file;
  int64_t number = 0, count = 0;
  words >> order;
  if (order == "epoch") {
    session.train_epoch(nullptr);
    if (!interrupted()) answer(order, json(session.epochs().back()));
  } else if (order == "test" && words >> number >> count && number >= 0 && count >= 0) {
    Json result = test(session, number, count);
    if (!interrupted()) answer(order, std::move(result));
  } else if (order == "steps") {
    StepTimes times = time_steps(session.trainer(), session.training(), options.batch);
    if (!interrupted()) answer(order, json(times));
  } else if (order == "losses" && words >> number && std::getline(words >> std::ws, file)) {
    answer(order, losses_from(file, number, session, options));
  } else if (order == "profile" && words >> number && std::getline(words >> std::ws, file)) {
    write_profile(*profile_steps(session, number, options.batch), file);
    answer(order, true);
  } else {
    return false;
  }
  return true;
}

}  // namespace

int take_turns(const Options& options) {
  Session session(options);
  answer("ready", description(session, options));
  end_with_input();
  std::string line;
  while (!interrupted() && std::getline(std::cin, line)) {
    if (line.empty() || obey(line, session, options)) continue;
    throw lazulite::Error(fmt::format(
        "--turns: '{}' is no order; there are epoch, test FIRST COUNT, steps, losses STEPS FILE "
        "and profile STEPS PREFIX",
        line));
  }
  return interrupted() ? interrupted_code() : 0;
}

}  // namespace cnn
