// Whatever a function of the user's throws, be it a number, comes to whoever called it, and what
// was used can be used again.
#include <functional>
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

void attempt(const char* name, const std::function<void()>& work) {
  std::cout << name << ": ";
  try {
    work();
    std::cout << "done\n";
  } catch (int number) {
    std::cout << "threw " << number << "\n";
  }
}

struct Moody : data::Dataset {
  mutable std::atomic<bool> size_fails = false;
  int64_t bad;

  explicit Moody(int64_t bad_sample) : bad(bad_sample) {}
  int64_t size() const override {
    if (size_fails) throw 41;
    return 100;
  }
  data::Batch get(std::span<const int64_t> indices, uint64_t) const override {
    for (int64_t index : indices) {
      if (index == bad) throw 42;
    }
    return {ones({indices.size(), 2}), zeros(indices.size())};
  }
};

int main() {
  Array x = {1.f, 2.f};
  bool good = false;
  auto moody = [&](const Array& a) {
    Array b = a * 2;
    if (!good) throw 43;
    return b;
  };
  auto compiled = compile(moody);
  auto gradient = grad([&](const Array& a) { return moody(a).sum(); });
  nn::Sequential net(nn::Linear(2, 2), moody);
  auto step = nn::value_and_grad(net, [&](const Array& a) { return net(a).mean(); });
  for (int turn = 0; turn < 2; ++turn) {
    attempt("compiled", [&] { compiled(x).eval(); });
    attempt("gradient", [&] { gradient(x).eval(); });
    attempt("layer", [&] { net(x).eval(); });
    attempt("module", [&] { step(x).first.eval(); });
    good = true;
  }

  for (int workers : {0, 1, 3}) {
    auto set = std::make_shared<Moody>(50);
    data::DataLoader loader(set, {.batch_size = 10, .workers = workers});
    for (int epoch = 0; epoch < 2; ++epoch) {
      int batches = 0;
      attempt("loader", [&] {
        for (const auto& batch : loader) batches += batch.labels.size() == 10;
      });
      std::cout << batches << " batches\n";
    }
    // A loader that goes while its workers are at work, or after they have failed.
    for (int64_t bad : {0, 5, 1000}) {
      data::DataLoader brief(std::make_shared<Moody>(bad), {.batch_size = 1, .workers = workers});
      if (bad > 0) (void)brief.begin();
    }
    set->size_fails = true;
    attempt("size", [&] { data::DataLoader other(set, {.workers = workers}); });
  }
}
