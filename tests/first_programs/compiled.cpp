// All kinds of functions that people give to compile.
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

Array half(const Array& x) { return x / 2; }

struct Scale {
  float factor;
  Array operator()(const Array& x) const { return x * factor; }
};

int main() {
  auto generic = compile([](auto x) { return x * 2 + 1; });
  auto two = compile([](const auto& x, const auto& y) { return std::pair(x + y, x - y); });
  auto mixed = compile([count = 0](auto x, Array y) mutable { return x * y + ++count; });
  auto many = compile([](const Arrays& x) { return Arrays{x[0] + x[1]}; });
  Cell total(Array(0.f));
  auto add = compile([&](auto x) { total += x; });
  auto nothing = compile([] { return ones(2); });
  Array x = {1.f, 2.f};
  auto [sum, difference] = two(x, Array({3.f, 5.f}));
  std::cout << generic(x) << " " << sum << " " << difference << " " << mixed(x, x) << "\n";
  add(x.sum());
  add(x.sum());
  std::cout << many({x, x})[0] << " " << total.get() << " " << nothing() << "\n";
  std::cout << compile(half)(x) << " " << compile(Scale{3})(x) << "\n";
  nn::Sequential net(nn::ReLU(), [](const Array& a) { return -a; });
  std::cout << compile(net)(x) << "\n";
}
