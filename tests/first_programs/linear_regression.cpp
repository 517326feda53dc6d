#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

int main() {
  random::seed(0);
  Array truth = {2.f, -1.f, 0.5f};
  Array x = random::normal({100, 3});
  Array y = matmul(x, truth);

  Array w = zeros(3);
  auto loss = [&](auto weights) { return square(matmul(x, weights) - y).mean(); };
  auto gradient = grad(loss);
  for (int step = 0; step < 200; ++step) {
    w -= 0.1f * gradient(w);
    w.eval();
  }
  auto [value, last] = value_and_grad(loss)(w);
  std::cout << allclose(w, truth, 1e-3, 1e-3) << " " << (value < 1e-6f) << " " << last.shape(0)
            << "\n";
  auto several = grad([](const Arrays& a) { return Arrays{sum(a[0] * a[1])}; }, {0, 1});
  std::cout << several({Array({2.f}), Array({3.f})})[1] << "\n";
}
