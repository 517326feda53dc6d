#include "lazulite/ops/fourier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "lazulite/core/errors.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/vjp.h"
#include "lazulite/transforms/vmap.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Fourier : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Fourier);

Array by_its_definition(const Array& x, double direction) {
  auto given = x.to_vector<complex64>();
  const auto n = static_cast<int64_t>(given.size());
  std::vector<complex64> out;
  for (int64_t k = 0; k < n; ++k) {
    std::complex<double> sum = 0;
    for (int64_t j = 0; j < n; ++j) {
      double turns = static_cast<double>(j * k % n) / static_cast<double>(n);
      sum += std::complex<double>(given[j]) *
             std::polar(1.0, direction * 2 * std::numbers::pi * turns);
    }
    out.emplace_back(sum);
  }
  return Array(out, {n});
}

// Sizes of small factors, with large prime ones, and large primes.
TEST_P(Fourier, IsItsDefinition) {
  test::Random random(1);
  for (int64_t n : {1, 2, 3, 4, 5, 6, 7, 8, 12, 30, 61, 64, 67, 122, 134, 180, 251, 256}) {
    Array x = test::random_array({n}, Dtype::complex64, random);
    const double tolerance = 1e-6 * std::sqrt(static_cast<double>(n)) * 20;
    expect_close(fft(x), by_its_definition(x, -1), 1e-5, tolerance);
    expect_close(ifft(x) * n, by_its_definition(x, 1), 1e-5, tolerance);
  }
}

// Sizes that are parted into columns and rows, alone and several at once, and large primes: of a
// single element, the transform is a wave. The CPU computes in double precision, GPUs in single.
TEST_P(Fourier, OfOneElementIsAWave) {
  const double tolerance = GetParam() == "cuda" ? 1e-5 : 1e-6;
  for (int64_t n : {1009, 10007, 32768, 49152, 65537}) {
    for (int64_t at : {int64_t{1}, n / 3}) {
      std::vector<complex64> x(2 * n), wave;
      x[at] = x[n + at] = complex64(1, 0);
      for (int64_t k = 0; k < 2 * n; ++k) {
        const double turns = static_cast<double>(at * (k % n) % n) / static_cast<double>(n);
        wave.emplace_back(std::polar(1.0, -2 * std::numbers::pi * turns));
      }
      const Array rows(x, {2, n}), expected(wave, {2, n});
      expect_close(fft(rows), expected, 0, tolerance);
      expect_close(fft(slice(rows, {0, 0}, {1, n})), slice(expected, {0, 0}, {1, n}), 0, tolerance);
      expect_close(ifft(expected), rows, 0, tolerance);
    }
  }
}

TEST_P(Fourier, OfRealNumbersHasHalfTheFrequencies) {
  test::Random random(2);
  for (int64_t n : {1, 2, 4, 5, 6, 8, 9, 67, 134, 256}) {
    Array x = test::random_array({3, n}, Dtype::float32, random);
    Array half = rfft(x);
    expect_close(half, slice(fft(x), {0, 0}, {3, n / 2 + 1}), 1e-6, 1e-5);
    expect_close(irfft(half, n), x, 1e-5, 1e-5);
  }
}

// What the imaginary parts of the ends add is not real.
TEST_P(Fourier, OfHalfTheFrequenciesIsRealAndLinear) {
  test::Random random(7);
  for (int64_t n : {2, 6, 12}) {
    Array x = test::random_array({2, n / 2 + 1}, Dtype::complex64, random);
    auto whole = [n](const Arrays& a) {
      Positions starts{0, 1}, stops{2, n / 2};
      Array others = conjugate(flip(slice(a[0], starts, stops), {-1}));
      return Arrays{real(ifft(concatenate({a[0], others}, -1)))};
    };
    auto half = [n](const Arrays& a) { return Arrays{irfft(a[0], n)}; };
    expect_close(half({x})[0], whole({x})[0], 1e-5, 1e-5);
    Arrays g{test::random_array({2, n}, Dtype::float32, random)};
    expect_close(vjp(half, {x}, g).second[0], vjp(whole, {x}, g).second[0], 1e-5, 1e-5);
    auto forward = [](const Arrays& a) { return Arrays{rfft(a[0])}; };
    auto complex = [n](const Arrays& a) {
      return Arrays{slice(fft(astype(a[0], Dtype::complex64)), {0, 0}, {2, n / 2 + 1})};
    };
    expect_close(vjp(forward, g, {x}).second[0], vjp(complex, g, {x}).second[0], 1e-5, 1e-5);
  }
}

// Rows that lie apart, elements that lie apart, both backwards, and rows that begin at odd places.
TEST_P(Fourier, OfWhatLiesAnywhere) {
  test::Random random(8);
  Array x = test::random_array({5, 6, 9}, Dtype::complex64, random), y = real(x);
  auto by_rows = [](const Array& a) {
    std::vector<Array> rows;
    Array flat = reshape(copy(a), {-1, a.shape(-1)});
    for (int64_t i = 0; i < flat.shape(0); ++i) {
      rows.push_back(by_its_definition(flat[{i}], -1));
    }
    return reshape(stack(rows), Shape(a.shape()));
  };
  for (const Array& a :
       {x[{Slice{1, 4}}], x[{ellipsis, Slice{2, 7}}], x[{ellipsis, Slice{{}, {}, 2}}],
        x[{Slice{}, Slice{{}, {}, 3}}], swapaxes(x, 0, 2), swapaxes(x, 0, 1), flip(x, {-1}),
        flip(x, {0}), x[{2, Slice{}, 4}], swapaxes(x, 1, 2)[{3}]}) {
    expect_close(fft(a), by_rows(a), 1e-5, 1e-4);
    expect_close(ifft(fft(a)), a, 1e-5, 1e-5);
  }
  for (const Array& a : {y[{ellipsis, Slice{1, 7}}], y[{ellipsis, Slice{{}, 8, 2}}],
                         swapaxes(y, 1, 2), flatten(y)[{Slice{1, 7}}], flatten(y)[{Slice{3, 9}}]}) {
    Array half = rfft(a);
    const int64_t n = a.shape(-1);
    expect_close(half, by_rows(astype(a, Dtype::complex64))[{ellipsis, Slice{0, n / 2 + 1}}], 1e-5,
                 1e-4);
    expect_close(irfft(half), a, 1e-5, 1e-5);
    expect_close(irfft(swapaxes(copy(swapaxes(half, 0, -1)), 0, -1)), a, 1e-5, 1e-5);
  }
}

TEST_P(Fourier, TakesSizesAxesAndNorms) {
  test::Random random(3);
  Array x = test::random_array({4, 3, 5}, Dtype::complex64, random);
  expect_close(fft(x, 2, 0), fft(slice(x, {0, 0, 0}, {2, 3, 5}), {}, 0), 1e-6, 1e-6);
  expect_close(fft(x, 7, 1), fft(pad(x, {{0, 0}, {0, 4}, {0, 0}}), {}, 1), 1e-6, 1e-6);
  expect_close(fft(x, {}, -1, FourierNorm::forward) * 5, fft(x), 1e-6, 1e-6);
  expect_close(fft(x, {}, -1, FourierNorm::ortho) * std::sqrt(5.0), fft(x), 1e-5, 1e-5);
  expect_close(fftn(x), fft(fft(fft(x, {}, 0), {}, 1), {}, 2), 1e-5, 1e-5);
  expect_close(ifftn(fftn(x)), x, 1e-5, 1e-5);
  Array y = real(x);
  expect_close(irfftn(rfftn(y, {}, Axes{1, 2}), Shape{3, 5}, Axes{1, 2}), y, 1e-5, 1e-5);
  expect_equal(fftshift(Array({0, 1, 2, 3, 4})), Array({3, 4, 0, 1, 2}));
  expect_equal(ifftshift(fftshift(x)), x);
  expect_equal(fftshift(Array({0, 1, 2, 3, 4}), Axes{0, -1}), Array({1, 2, 3, 4, 0}));
  expect_close(fftfreq(5, 0.1), Array({0.0, 2.0, 4.0, -4.0, -2.0}), 1e-6);
  expect_close(rfftfreq(4), Array({0.0, 0.25, 0.5}), 1e-6);
  EXPECT_THROW(fft(x, 0), ValueError);
  EXPECT_THROW(fft(x, {}, 3), AxisError);
  EXPECT_THROW(fftn(x, Shape{4}), ValueError);
  EXPECT_THROW(fftn(x, {}, Axes{0, 0}), ValueError);
}

// A frame by hand, and back.
TEST_P(Fourier, OfFrames) {
  test::Random random(5);
  Array x = test::random_array({2, 50}, Dtype::float32, random);
  Array frames = stft(x, 16, {.hop_length = 5, .center = false});
  ASSERT_EQ(frames.shape(), Shape({2, 9, 7}));
  Array third = slice(frames, {0, 0, 3}, {2, 9, 4});
  expect_close(squeeze(third, {2}), rfft(slice(x, {0, 15}, {2, 31})), 1e-5, 1e-5);
  expect_close(istft(frames, {}, {.hop_length = 5, .center = false}), slice(x, {0, 0}, {2, 46}),
               1e-5, 1e-5);
  expect_close(istft(stft(x, 16)), slice(x, {0, 0}, {2, 48}), 1e-5, 1e-5);
  // The last frame holds more than the last whole hop.
  expect_close(istft(stft(x, 16), {}, {}, 50), x, 1e-5, 1e-5);
  EXPECT_THROW(stft(x, 16, {.hop_length = 0}), ValueError);
  EXPECT_THROW(stft(x, 16, {.win_length = 17}), ValueError);
  EXPECT_THROW(stft(x, 64, {.center = false}), ValueError);
  EXPECT_THROW(istft(frames, {}, {}, -5), ValueError);
}

// Energy: the derivative of sum |fft(x)|^2 is 2 n x.
TEST_P(Fourier, IsDifferentiatedAndMapped) {
  test::Random random(4);
  Array x = test::random_array({3, 6}, Dtype::float32, random);
  auto energy = [](const Array& x) { return sum(square(abs(fft(x))), Axes{0, 1}); };
  expect_close(grad(energy)(x), 12 * x, 1e-4, 1e-4);
  expect_close(vmap([](const Array& x) { return rfft(x); })(x), rfft(x), 0);
  expect_close(vmap([](const Array& x) { return fft(x); }, 1, 1)(x), fft(x, {}, 0), 1e-6, 1e-6);
}

}  // namespace
}  // namespace lazulite
