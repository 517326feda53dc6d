// Conversion between all dtypes, against the one definition in core/convert.h.
#include <gtest/gtest.h>

#include "lazulite/core/convert.h"
#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/compare.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

class Casts : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Casts);

template <class From>
Array numbers(test::Random& random) {
  Array wild = test::random_array({200}, dtype_of<From>, random, test::Values::wild);
  Array tame = test::random_array({200}, dtype_of<From>, random, test::Values::tame);
  std::vector<double> edges = {0,
                               -0.0,
                               0.5,
                               -0.5,
                               127.5,
                               128,
                               255.9,
                               256,
                               -1,
                               32768,
                               65519.999,
                               65520,
                               2147483647,
                               2147483648.0,
                               -2147483648.5,
                               4294967296,
                               0x1p63,
                               -0x1p63,
                               0x1p64,
                               1e300,
                               1 + 0x1p-11 + 0x1p-40,
                               1 + 0x1p-8 + 0x1p-50};
  std::vector<From> exact;
  for (double edge : edges) exact.push_back(convert_number<From>(edge));
  return concatenate({wild, tame, Array(exact)}, 0).eval();
}

constexpr Dtype all_dtypes[] = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

TEST_P(Casts, GiveWhatTheDefinitionSays) {
  test::Random random(3);
  for (Dtype from : all_dtypes) {
    visit_dtype(from, [&]<class From>(TypeTag<From>) {
      Array x = numbers<From>(random);
      std::vector<From> given = x.to_vector<From>();
      for (Dtype to : all_dtypes) {
        visit_dtype(to, [&]<class To>(TypeTag<To>) {
          std::vector<To> expected;
          for (From value : given) expected.push_back(convert_number<To>(value));
          EXPECT_TRUE(test::agree(x.astype(to), Array(expected)))
              << name_of(from) << " to " << name_of(to);
        });
      }
    });
  }
}

}  // namespace
}  // namespace lazulite
