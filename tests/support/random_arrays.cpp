#include "support/random_arrays.h"

#include <cstring>
#include <limits>

#include "lazulite/core/device.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/ops.h"

namespace lazulite::test {
namespace {

double tame_number(Random& random) {
  double magnitude = std::uniform_real_distribution<double>(0.1, 3)(random);
  return random() % 2 ? magnitude : -magnitude;
}

template <class T>
T random_element(Random& random, Values values) {
  using Limits = std::numeric_limits<T>;
  constexpr bool half = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;
  if constexpr (std::is_same_v<T, bool>) {
    return random() % 2 == 1;
  } else if constexpr (std::is_same_v<T, complex64>) {
    return {random_element<float>(random, values), random_element<float>(random, values)};
  } else if constexpr (std::is_integral_v<T>) {
    if (values == Values::tame || random() % 2) {
      return static_cast<T>(static_cast<int>(random() % 41) - (std::is_signed_v<T> ? 20 : 0));
    }
    const T limits[] = {Limits::min(), Limits::max(), 0, 1, static_cast<T>(-1)};
    return random() % 4 ? static_cast<T>(random()) : limits[random() % 5];
  } else {
    if (values == Values::tame || random() % 3 == 0) {
      double number = tame_number(random) * (values == Values::wild ? 10 : 1);
      if constexpr (half) return T(static_cast<float>(number));
      if constexpr (!half) return static_cast<T>(number);
    }
    if (random() % 4 == 0) {
      const float limits[] = {0.f, -0.f, 1.f, -1.f, 0.5f, -0.5f, INFINITY, -INFINITY, NAN};
      return static_cast<T>(limits[random() % 9]);
    }
    uint64_t bits = random();
    T number;
    std::memcpy(static_cast<void*>(&number), &bits, sizeof(T));
    return number;
  }
}

template <class F>
Array filled(const Shape& shape, Dtype dtype, F&& element) {
  return visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    auto count = static_cast<size_t>(element_count(shape));
    auto* data = new T[count];
    for (size_t i = 0; i < count; ++i) data[i] = element(tag);
    return Array::from_buffer(data, shape, dtype, [](void* p) { delete[] static_cast<T*>(p); });
  });
}

}  // namespace

Array random_array(const Shape& shape, Dtype dtype, Random& random, Values values) {
  return filled(shape, dtype, [&](auto tag) {
    return random_element<typename decltype(tag)::type>(random, values);
  });
}

Array uniform_array(const Shape& shape, Dtype dtype, Random& random, double low, double high) {
  return filled(shape, dtype, [&](auto tag) {
    double number = std::uniform_real_distribution<double>(low, high)(random);
    return Scalar(number).as<typename decltype(tag)::type>();
  });
}

const char* name_of(Layout layout) {
  constexpr const char* names[] = {"row-major", "transposed", "reversed", "spread", "offset"};
  return names[static_cast<size_t>(layout)];
}

Array laid_out(const Array& array, Layout layout) {
  DeviceScope scope(Device("reference"));
  if (array.ndim() == 0) return array;
  Array result = array;
  // Each moves the elements to where the view afterwards finds them.
  switch (layout) {
    case Layout::row_major: break;
    case Layout::transposed: result = transpose(copy(transpose(array)).eval()); break;
    case Layout::reversed: result = flip(copy(flip(array)).eval()); break;
    case Layout::spread: {
      Array wide = repeat(array, 3, -1).eval();
      Positions starts(array.ndim(), 0), steps(array.ndim(), 1);
      starts.back() = 1;
      steps.back() = 3;
      result = slice(wide, starts, Positions(wide.shape().begin(), wide.shape().end()), steps);
      break;
    }
    case Layout::offset: {
      Array padded = concatenate({array, array}, 0).eval();
      Positions starts(array.ndim(), 0);
      starts[0] = array.shape(0);
      result = slice(padded, starts, Positions(padded.shape().begin(), padded.shape().end()));
      break;
    }
  }
  return result.eval();
}

Array repeated(const Array& array, int axis) {
  DeviceScope scope(Device("reference"));
  Positions stops(array.shape().begin(), array.shape().end());
  stops[static_cast<size_t>(axis)] = std::min<int64_t>(1, array.shape(axis));
  Array first = slice(array, Positions(array.ndim(), 0), stops);
  return broadcast_to(first, array.shape()).eval();
}

}  // namespace lazulite::test
