#include "lazulite_side/later_families.h"

using namespace lazulite;

std::vector<Operation> sorts_and_scans() {
#if __has_include("lazulite/ops/sorting.h") && __has_include("lazulite/ops/scan.h")
  return {
      {"sort 1M", normals({{int64_t{1} << 20}}), [](auto& x) { return sort(x[0], 0); }},
      {"cumulative sum 8M", normals({{8 * 1024 * 1024}}), [](auto& x) { return cumsum(x[0], 0); }},
  };
#else
  return {};
#endif
}

std::vector<Operation> decompositions() {
#if __has_include("lazulite/ops/linalg.h")
  return {
      {"singular values and vectors 256x256", normals({{256, 256}}),
       [](auto& x) { return svd(x[0]).u; }},
      {"inverse 512x512", normals({{512, 512}}), [](auto& x) { return inv(x[0]); }},
      {"inverses 4096x8x8", normals({{4096, 8, 8}}), [](auto& x) { return inv(x[0]); }},
  };
#else
  return {};
#endif
}

std::vector<Operation> fourier_transforms() {
#if __has_include("lazulite/ops/fourier.h")
  return {
      {"Fourier transform 262144", normals({{262144}}), [](auto& x) { return fft(x[0]); }},
      {"Fourier transforms 512x512, real", normals({{512, 512}}),
       [](auto& x) { return rfftn(x[0]); }},
  };
#else
  return {};
#endif
}

#if __has_include("lazulite/ops/quantization.h")
namespace {

// By a matrix of 4096 x 4096 codes of 4 bits.
Operation product_with_codes(const char* name, int64_t rows) {
  const auto arguments = [rows] {
    Quantized codes = quantize(normal_numbers({4096, 4096}));
    Arrays arrays{normal_numbers({rows, 4096}), codes.weight, codes.scales, codes.biases};
    for (const Array& array : arrays) eval(array);
    return arrays;
  };
  return {name, arguments,
          [](const Arrays& x) { return quantized_matmul(x[0], x[1], x[2], x[3]); }};
}

}  // namespace

std::vector<Operation> products_with_codes() {
  return {product_with_codes("decoding by codes 1x4096x4096", 1),
          product_with_codes("product with codes 64x4096x4096", 64)};
}
#else
std::vector<Operation> products_with_codes() { return {}; }
#endif
