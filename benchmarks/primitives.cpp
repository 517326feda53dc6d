// The cpu backend's kernels by themselves, on two-dimensional and channels-last operands: what the
// article's network and a few common operations ask of them. Prints milliseconds, the least of
// several runs.
#include "lazulite/ops/primitives.h"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <vector>

#include "lazulite/core/threads.h"
#include "lazulite/program/backends.h"

namespace lazulite {
namespace {

class Measurement {
 public:
  template <class P>
  explicit Measurement(P primitive) {
    launch_.primitive = make_primitive(std::move(primitive));
  }

  Measurement& input(const Shape& shape, Dtype dtype = Dtype::float32, const Axes& axes = {}) {
    std::mt19937 generator(7);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float>& memory = allocate(shape);
    if (dtype == Dtype::float32) {
      for (float& x : memory) x = uniform(generator);
    }
    Strides strides = row_major_strides(shape);
    Operand operand{slot_++, 0, shape, strides, dtype};
    for (size_t i = 0; i < axes.size(); ++i) {
      operand.shape[i] = shape[axes[i]];
      operand.strides[i] = strides[axes[i]];
    }
    launch_.inputs.push_back(operand);
    return *this;
  }

  Measurement& output(const Shape& shape, Dtype dtype = Dtype::float32) {
    allocate(shape);
    launch_.outputs.push_back({slot_++, 0, shape, row_major_strides(shape), dtype});
    return *this;
  }

  void print(const char* name, double operations = 0) {
    const auto executable = backend_of(Device("cpu")).prepare(std::span(&launch_, 1));
    std::vector<void*> slots;
    for (auto& memory : memory_) slots.push_back(memory.data());
    using Clock = std::chrono::steady_clock;
    double least = 1e9;
    const auto start = Clock::now();
    for (int i = 0; i < 5 || (i < 2000 && Clock::now() - start < std::chrono::milliseconds(300));
         ++i) {
      const auto before = Clock::now();
      executable->run({slots, std::vector<uint64_t>(slots.size(), 0)});
      least =
          std::min(least, std::chrono::duration<double, std::milli>(Clock::now() - before).count());
    }
    if (operations > 0) {
      fmt::print("{:<46}{:>10.4f} ms{:>8.0f} GFLOP/s\n", name, least, operations / least / 1e6);
    } else {
      fmt::print("{:<46}{:>10.4f} ms\n", name, least);
    }
  }

 private:
  std::vector<float>& allocate(const Shape& shape) {
    return memory_.emplace_back(element_count(shape));
  }

  Launch launch_;
  std::vector<std::vector<float>> memory_;
  uint32_t slot_ = 0;
};

void measure_matmul(int64_t m, int64_t k, int64_t n, bool a_turned, bool b_turned) {
  Measurement measurement(Matmul{});
  a_turned ? measurement.input({k, m}, Dtype::float32, {1, 0}) : measurement.input({m, k});
  b_turned ? measurement.input({n, k}, Dtype::float32, {1, 0}) : measurement.input({k, n});
  measurement.output({m, n}).print(
      fmt::format("matmul {}x{}x{}{}{}", m, k, n, a_turned ? ", a transposed" : "",
                  b_turned ? ", b transposed" : "")
          .c_str(),
      2.0 * static_cast<double>(m * n * k));
}

void measure_linear(int64_t batch, int64_t in, int64_t out) {
  measure_matmul(batch, in, out, false, true);
  if (batch != 64) return;
  measure_matmul(batch, out, in, false, false);
  measure_matmul(out, batch, in, true, false);
}

void measure_convolution(int64_t n, int64_t side, int64_t c_in, int64_t c_out, int kernel) {
  const ConvGeometry geometry{{1, 1}, {kernel / 2, kernel / 2}, {1, 1}, 1};
  const Shape x = {n, side, side, c_in}, y = {n, side, side, c_out};
  const Shape w = {c_out, kernel, kernel, c_in};
  const double operations = 2.0 * static_cast<double>(element_count(y) * kernel * kernel * c_in);
  const std::string size =
      fmt::format("{}x{}, {}x{}x{}x{} to {}", kernel, kernel, n, side, side, c_in, c_out);
  Measurement(Convolution{geometry})
      .input(x)
      .input(w)
      .output(y)
      .print(("convolution " + size).c_str(), operations);
  if (n != 64) return;
  Measurement(ConvolutionGradInput{geometry})
      .input(w)
      .input(y)
      .output(x)
      .print("  gradient of its input", operations);
  Measurement(ConvolutionGradWeight{geometry})
      .input(x)
      .input(y)
      .output(w)
      .print("  gradient of its weights", operations);
}

void measure_pool(int64_t n, int64_t side, int64_t c) {
  const PoolGeometry geometry{{2, 2}, {2, 2}, {0, 0}};
  const Shape x = {n, side, side, c}, y = {n, side / 2, side / 2, c};
  const std::string size = fmt::format("{}x{}x{}x{}", n, side, side, c);
  Measurement(MaxPool{geometry})
      .input(x)
      .output(y)
      .output(y, Dtype::uint8)
      .print(("maximum pooling 2x2, " + size).c_str());
  Measurement(MaxPoolGrad{geometry}).input(y).input(y, Dtype::uint8).output(x).print("  gradient");
  Measurement(AvgPool{geometry}).input(x).output(y).print(("mean pooling 2x2, " + size).c_str());
  Measurement(AvgPoolGrad{geometry}).input(y).output(x).print("  gradient");
}

void measure_all() {
  measure_matmul(1024, 1024, 1024, false, false);
  for (int64_t batch : {64, 512, 1}) {
    measure_linear(batch, 900, 450);
    measure_linear(batch, 450, 225);
    measure_linear(batch, 225, 10);
  }
  measure_convolution(8, 56, 64, 64, 3);
  for (int64_t batch : {64, 512, 1}) {
    measure_convolution(batch, 28, 1, 20, 5);
    measure_convolution(batch, 14, 20, 50, 5);
    measure_convolution(batch, 7, 50, 100, 5);
  }
  measure_pool(64, 28, 20);
  measure_pool(64, 14, 50);
  for (CallId call : {CallId::softmax, CallId::log_softmax}) {
    Measurement(Call{call, {}})
        .input({4096, 2048})
        .output({4096, 2048})
        .print(fmt::format("{} 4096x2048", name_of(call)).c_str());
  }
  Measurement(Copy{})
      .input({2048, 4096}, Dtype::float32, {1, 0})
      .output({4096, 2048})
      .print("transposing copy 2048x4096");
  Measurement(Copy{})
      .input({64, 3, 224, 224}, Dtype::float32, {0, 2, 3, 1})
      .output({64, 224, 224, 3})
      .print("channels last of 64x3x224x224");
  Measurement(RandomBits{})
      .input({2}, Dtype::uint32)
      .output({8 << 20}, Dtype::uint32)
      .print("random bits, 8M words");
  Measurement(ArgReduce{true, 1})
      .input({4096, 2048})
      .output({4096}, Dtype::uint32)
      .print("argmax 4096x2048");
}

}  // namespace
}  // namespace lazulite

int main() {
  // Kernels spread over threads only on the thread that runs plans.
  lazulite::become_executor_thread();
  lazulite::measure_all();
}
