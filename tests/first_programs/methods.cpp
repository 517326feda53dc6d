// Everything that is a method of arrays in MLX and an operation here is a method too.
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

int main() {
  Array x = {{1.f, 4.f}, {9.f, 16.f}};
  auto same = [](const Array& a, const Array& b) { std::cout << bool(array_equal(a, b)); };
  same(x.sqrt(), sqrt(x));
  same(x.rsqrt(), rsqrt(x));
  same(x.square(), square(x));
  same(x.exp(), exp(x));
  same(x.log(), log(x));
  same(x.log2(), log2(x));
  same(x.log10(), log10(x));
  same(x.log1p(), log1p(x));
  same(x.sin(), sin(x));
  same(x.cos(), cos(x));
  same(x.abs(), abs(x));
  same(x.reciprocal(), reciprocal(x));
  same((x / 3).round(1), round(x / 3, 1));
  same(x.real(), real(x));
  same(x.imag(), imag(x));
  same(x.conj(), conj(x));
  same(x.prod(0), prod(x, 0));
  same(x.all(0), all(x, 0));
  same(x.any(0), any(x, 0));
  same(x.var(0, true, 1), var(x, 0, true, 1));
  same(x.std(0, true, 1), stddev(x, 0, true, 1));
  same(x.logsumexp(-1), logsumexp(x, -1));
  same(x.argmax(), argmax(x));
  same(x.argmax(1, true), argmax(x, 1, true));
  same(x.argmin(0), argmin(x, 0));
  same(x.swapaxes(0, 1), x.T());
  same(x.moveaxis(0, 1), x.transpose({1, 0}));
  same(x.diag(), diag(x));
  same(x.diagonal(1), diagonal(x, 1));
  same(x[newaxis].squeeze(0), x);
  same(x.split(2)[1], x[Slice{1, 2}]);
  same(x.split({1}, 1)[0], x[{Slice{}, Slice{0, 1}}]);
  same(x.flatten(), x.reshape(-1));
  same((x * 2).exp().log().sum(1).max(), max(sum(log(exp(x * 2)), 1)));
  std::cout << "\n";
}
