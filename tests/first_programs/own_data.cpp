// A data set of one's own, what goes wrong in it, and what may be thrown.
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

struct Squares : data::Dataset {
  int64_t size() const override { return 10; }
  data::Batch get(std::span<const int64_t> indices, uint64_t) const override {
    std::vector<int64_t> numbers(indices.begin(), indices.end());
    if (numbers.back() == 9) throw 42;
    Array x(numbers);
    return {x.astype(Dtype::float32), x * x};
  }
};

int main() {
  data::DataLoader loader(std::make_shared<Squares>(), {.batch_size = 4, .workers = 2});
  for (int epoch = 0; epoch < 2; ++epoch) {
    try {
      for (const auto& [images, labels] : loader) std::cout << labels << "\n";
    } catch (int thrown) {
      std::cout << "threw " << thrown << "\n";
    }
  }
  try {
    data::DataLoader(std::make_shared<Squares>(), {.batch_size = 0});
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}
