#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

int main() {
  Array x = {{1, 2, 3}, {4, 5, 6}};
  Array y = zeros(3);
  y += 1;
  y *= 2.5f;
  std::cout << x + y << "\n";
  std::cout << x.sum(1) << " " << x.sum() << " " << x.sum({0, 1}) << "\n";
  std::cout << x[0] << " " << x[-1] << " " << x[{1, 2}] << "\n";
  std::cout << x[Slice{0, 1}] << " " << x[{Slice{}, Slice{0, 3, 2}}] << "\n";
  std::cout << x[{ellipsis, newaxis}].shape(-1) << " " << x[newaxis].ndim() << "\n";
  std::cout << x[Array({1, 1, 0})] << "\n";
  std::cout << x.T() << " " << x.reshape({3, -1}).shape(1) << " " << x.reshape(6) << "\n";
  x -= 1;
  x = x % 2;
  x |= Array({0, 0, 1});
  std::cout << x << " " << x.astype(Dtype::bool_) << "\n";
  std::cout << (x == 1).all() << " " << bool(x.any()) << " " << x.max().item<int>() << "\n";
}
