// Convolutions of a list and both their gradients: prints JSON lines {"what": "N forward", "ms":
// …}. usage: convolutions FILE [FIRST [COUNT [DTYPE]]]; each line of FILE is a convolution: images,
// side, channels in and out, and taps, between which it is padded so that the side stays.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "lazulite/lazulite.h"

using namespace lazulite;

namespace {

struct Problem {
  int64_t images, side, in, out, taps;
};

Array random_numbers(const Shape& shape, Dtype dtype) {
  static uint64_t seed = 0;
  return random::normal(shape, dtype, 0, 1, random::key(++seed)).eval();
}

// Milliseconds of one of many runs that are queued one behind the other; the least of three times.
double time_of(const ArraysFunction& function, const Arrays& arguments) {
  constexpr int warmup = 3, repeats = 3;
  constexpr double long_enough = 2;
  auto run = [&](int times) {
    const auto start = std::chrono::steady_clock::now();
    Arrays results;
    for (int i = 0; i < times; ++i) {
      results = function(arguments);
      async_eval(results);
    }
    eval(results);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
               .count() /
           times;
  };
  double least = run(warmup);
  least = run(warmup);
  const int times = static_cast<int>(std::min(std::max(long_enough / least, 3.0), 100.0));
  for (int i = 0; i < repeats; ++i) least = i == 0 ? run(times) : std::min(least, run(times));
  return least;
}

void measure(int number, const Problem& p, Dtype dtype) {
  const int padding = static_cast<int>(p.taps / 2);
  const auto convolved = [padding](const Array& x, const Array& w) {
    return conv2d(x, w, 1, padding);
  };
  const Array x = random_numbers({p.images, p.side, p.side, p.in}, dtype);
  const Array w = random_numbers({p.out, p.taps, p.taps, p.in}, dtype);
  const Array dy = random_numbers({p.images, p.side, p.side, p.out}, dtype);
  const ArraysFunction forward = [&](const Arrays& in) { return Arrays{convolved(in[0], in[1])}; };
  const ArraysFunction input = [&](const Arrays& in) {
    auto of_x = [&](const Arrays& x) { return Arrays{convolved(x[0], in[1])}; };
    return vjp(of_x, {in[0]}, {in[2]}).second;
  };
  const ArraysFunction weight = [&](const Arrays& in) {
    auto of_w = [&](const Arrays& w) { return Arrays{convolved(in[0], w[0])}; };
    return vjp(of_w, {in[1]}, {in[2]}).second;
  };
  const std::pair<const char*, const ArraysFunction*> all[] = {
      {"forward", &forward}, {"input", &input}, {"weight", &weight}};
  for (const auto& [what, function] : all) {
    fmt::print("{{\"what\": \"{} {}\", \"ms\": {:.6f}}}\n", number, what,
               time_of(compile(*function), {x, w, dy}));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: convolutions FILE [FIRST [COUNT [DTYPE]]]\n");
    return 2;
  }
  const int first = argc > 2 ? std::atoi(argv[2]) : 0;
  const int count = argc > 3 ? std::atoi(argv[3]) : 1 << 30;
  const std::string name = argc > 4 ? argv[4] : "float32";
  std::ifstream file(argv[1]);
  Problem p{};
  try {
    const Dtype dtype = name == "float16"    ? Dtype::float16
                        : name == "bfloat16" ? Dtype::bfloat16
                        : name == "float32"  ? Dtype::float32
                                             : throw ValueError(name + " is not measured here");
    for (int i = 0; file >> p.images >> p.side >> p.in >> p.out >> p.taps; ++i) {
      if (i >= first && i - first < count) measure(i, p, dtype);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "convolutions: {}\n", error.what());
    return 1;
  }
}
