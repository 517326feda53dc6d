#include "measure.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

#include "interrupt.h"

namespace cnn {

using lazulite::data::DatasetPtr;

namespace {

constexpr int64_t test_batch = 512;
constexpr int warm_up = 5;
constexpr int repeats = 100;

double microseconds(const std::function<void()>& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

lazulite::data::Batch take(const DatasetPtr& data, int64_t first, int64_t count) {
  std::vector<int64_t> indices(static_cast<size_t>(count));
  std::iota(indices.begin(), indices.end(), first);
  return data->get(indices);
}

Range time_repeatedly(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < warm_up + repeats && !interrupted(); ++i) {
    double time = microseconds(work);
    if (i >= warm_up) times.push_back(time);
  }
  return range_of(times);
}

}  // namespace

Range range_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  auto [min, max] = std::minmax_element(values.begin(), values.end());
  return {*min, std::accumulate(values.begin(), values.end(), 0.0) / double(values.size()), *max};
}

TestTimes time_test_set(Trainer& trainer, const DatasetPtr& test, int64_t first, int64_t count) {
  TestTimes times;
  times.images = test->size();
  std::vector<lazulite::data::Batch> batches;
  for (int64_t start = 0; start < test->size(); start += test_batch) {
    batches.push_back(take(test, start, std::min(test_batch, test->size() - start)));
  }
  auto run_all = [&] {
    Array last;
    for (const auto& batch : batches) {
      last = trainer.infer(batch.images);
      if (interrupted()) break;
    }
    lazulite::synchronize();
  };
  run_all();
  times.batched_ms = microseconds(run_all) / 1000;

  std::vector<double> single;
  trainer.infer(take(test, 0, 1).images).eval();
  for (int64_t i = 0; i < count && !interrupted(); ++i) {
    Array image = take(test, (first + i) % test->size(), 1).images.eval();
    single.push_back(microseconds([&] { trainer.infer(image).eval(); }));
  }
  times.singles = static_cast<int64_t>(single.size());
  times.single_us = range_of(single);
  return times;
}

StepTimes time_steps(Trainer& trainer, const DatasetPtr& data, int64_t batch) {
  auto many = take(data, 0, std::min(batch, data->size()));
  auto one = take(data, 0, 1);
  StepTimes times;
  times.batch_inference_us = time_repeatedly([&] { trainer.infer(many.images).eval(); });
  times.single_inference_us = time_repeatedly([&] { trainer.infer(one.images).eval(); });
  times.batch_training_us = time_repeatedly([&] { trainer.step(many.images, many.labels).eval(); });
  times.single_training_us = time_repeatedly([&] { trainer.step(one.images, one.labels).eval(); });
  return times;
}

std::unique_ptr<lazulite::debug::Profile> profile_steps(Session& session, int64_t steps,
                                                        int64_t batch) {
  Trainer& trainer = session.trainer();
  const DatasetPtr data = session.training();
  auto one_step = [&](int64_t number) {
    const int64_t first = number * batch % std::max<int64_t>(data->size() - batch, 1);
    const auto part = take(data, first, std::min(batch, data->size()));
    trainer.step(part.images, part.labels);
  };
  for (int64_t i = 0; i < warm_up; ++i) one_step(i);
  lazulite::synchronize();
  auto profile = std::make_unique<lazulite::debug::Profile>();
  for (int64_t i = 0; i < steps && !interrupted(); ++i) one_step(i);
  lazulite::synchronize();
  profile->stop();
  return profile;
}

}  // namespace cnn
