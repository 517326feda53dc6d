// Fused kernels beside loops written by hand, in one run. The loops are compiled for whatever the
// compiler's default is, and on one thread.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "lazulite/lazulite.h"

namespace {

using lazulite::Array;

std::vector<float> numbers(int64_t n) {
  std::vector<float> values(static_cast<size_t>(n));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1000) / 250 - 2;
  return values;
}

Array array(int64_t n) { return Array(numbers(n), {n}).eval(); }

void count(benchmark::State& state, int64_t floats_moved) {
  state.SetBytesProcessed(state.iterations() * floats_moved * static_cast<int64_t>(sizeof(float)));
}

Array tanh_gelu(const Array& x) {
  return 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
}
void BM_Gelu(benchmark::State& state) {
  const Array x = array(state.range(0));
  for (auto _ : state) tanh_gelu(x).eval();
  count(state, 2 * state.range(0));
}
void BM_GeluByHand(benchmark::State& state) {
  const std::vector<float> x = numbers(state.range(0));
  std::vector<float> y(x.size());
  for (auto _ : state) {
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = 0.5f * x[i] * (1 + std::tanh(0.7978845608f * (x[i] + 0.044715f * x[i] * x[i] * x[i])));
    }
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  count(state, 2 * state.range(0));
}

void BM_Adam(benchmark::State& state) {
  const int64_t n = state.range(0);
  const Array gradient = array(n);
  Array weight = array(n), mean = array(n), square = abs(array(n)).eval();
  for (auto _ : state) {
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.999 * square + 0.001 * gradient * gradient;
    weight = weight - 1e-3 * mean / (sqrt(square) + 1e-8);
    lazulite::eval({weight, mean, square});
  }
  count(state, 7 * n);
}
void BM_AdamByHand(benchmark::State& state) {
  const std::vector<float> gradient = numbers(state.range(0));
  std::vector<float> weight = gradient, mean = gradient, square(gradient.size(), 1.0f);
  for (auto _ : state) {
    for (size_t i = 0; i < gradient.size(); ++i) {
      mean[i] = 0.9f * mean[i] + 0.1f * gradient[i];
      square[i] = 0.999f * square[i] + 0.001f * gradient[i] * gradient[i];
      weight[i] -= 1e-3f * mean[i] / (std::sqrt(square[i]) + 1e-8f);
    }
    benchmark::ClobberMemory();
  }
  count(state, 7 * state.range(0));
}

void BM_SumColumns(benchmark::State& state) {
  const Array x = reshape(array(4096 * 2048), {4096, 2048}).eval();
  for (auto _ : state) sum(x, {0}).eval();
  count(state, x.size());
}
void BM_SumRows(benchmark::State& state) {
  const Array x = reshape(array(4096 * 2048), {4096, 2048}).eval();
  for (auto _ : state) sum(x, {1}).eval();
  count(state, x.size());
}
void BM_SumByHand(benchmark::State& state) {
  const std::vector<float> x = numbers(4096 * 2048);
  for (auto _ : state) {
    float sums[64] = {};
    for (size_t i = 0; i < x.size(); i += 64) {
      for (size_t j = 0; j < 64; ++j) sums[j] += x[i + j];
    }
    benchmark::DoNotOptimize(sums);
  }
  count(state, 4096 * 2048);
}

void BM_LayerNorm(benchmark::State& state) {
  const Array x = reshape(array(1024 * 1024), {1024, 1024}).eval();
  for (auto _ : state) {
    const Array centred = x - mean(x, {1}, true);
    (centred * rsqrt(mean(square(centred), {1}, true) + 1e-5)).eval();
  }
  count(state, 2 * x.size());
}

void BM_HundredTinyOperations(benchmark::State& state) {
  const Array x = array(16);
  for (auto _ : state) {
    Array y = x;
    for (int i = 0; i < 100; ++i) y = y + x;
    y.eval();
  }
}

BENCHMARK(BM_Gelu)->Arg(8 << 20)->Arg(1000)->UseRealTime();
BENCHMARK(BM_GeluByHand)->Arg(8 << 20)->Arg(1000);
BENCHMARK(BM_Adam)->Arg(500'000)->UseRealTime();
BENCHMARK(BM_AdamByHand)->Arg(500'000);
BENCHMARK(BM_SumColumns)->UseRealTime();
BENCHMARK(BM_SumRows)->UseRealTime();
BENCHMARK(BM_SumByHand);
BENCHMARK(BM_LayerNorm)->UseRealTime();
BENCHMARK(BM_HundredTinyOperations)->UseRealTime();

}  // namespace
