// Mistakes that everybody makes end in a sentence.
#include <functional>
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

void attempt(const std::function<void()>& mistake) {
  try {
    mistake();
    std::cout << "no error\n";
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

int main() {
  Array x = ones({2, 3});
  attempt([&] { x + ones(4); });
  attempt([&] { x.sum(2); });
  attempt([&] { x.reshape({4, -1}); });
  attempt([&] { x.item<float>(); });
  attempt([&] { x.data<double>(); });
  attempt([&] { matmul(x, x); });
  attempt([&] { x += ones({5, 5}); });
  std::cout << x.shape(0) << "\n";
}
