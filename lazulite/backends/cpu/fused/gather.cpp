#include "lazulite/backends/cpu/fused/gather.h"

#include <algorithm>
#include <cstring>

namespace lazulite::cpu {
namespace {

template <class T>
inline void copy_axis(T* out, const T* from, int64_t stride, int64_t n) {
  if (stride == 1) {
    if (n >= 64) {
      std::memcpy(out, from, static_cast<size_t>(n) * sizeof(T));
    } else {
      for (int64_t i = 0; i < n; ++i) out[i] = from[i];
    }
  } else if (stride == 0) {
    const T value = *from;
    for (int64_t i = 0; i < n; ++i) out[i] = value;
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = from[i * stride];
  }
}

template <class T>
void gather_elements(T* out, const T* base, const Shape& shape, const Strides& strides,
                     int64_t start, int64_t n) {
  const size_t last = shape.size() - 1;
  SmallVector<int64_t, 6> index(shape.size(), 0);
  const T* from = base;
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = start % shape[axis];
    start /= shape[axis];
    from += index[axis] * strides[axis];
  }
  while (n > 0) {
    const int64_t run = std::min(shape[last] - index[last], n);
    copy_axis(out, from, strides[last], run);
    out += run;
    n -= run;
    from += run * strides[last];
    index[last] += run;
    for (size_t axis = last; axis > 0 && index[axis] == shape[axis]; --axis) {
      from += strides[axis - 1] - strides[axis] * shape[axis];
      index[axis] = 0;
      ++index[axis - 1];
    }
  }
}

// Calls f with a null pointer to an unsigned integer of the given size.
template <class F>
void visit_size(size_t element_size, F&& f) {
  switch (element_size) {
    case 1: return f(static_cast<uint8_t*>(nullptr));
    case 2: return f(static_cast<uint16_t*>(nullptr));
    case 4: return f(static_cast<uint32_t*>(nullptr));
    default: return f(static_cast<uint64_t*>(nullptr));
  }
}

}  // namespace

void gather(void* out, const void* base, const Shape& shape, const Strides& strides, int64_t start,
            int64_t n, size_t element_size) {
  visit_size(element_size, [&]<class T>(T*) {
    gather_elements(static_cast<T*>(out), static_cast<const T*>(base), shape, strides, start, n);
  });
}

void gather_axis(void* out, const void* first, int64_t stride, int64_t n, size_t element_size) {
  visit_size(element_size, [&]<class T>(T*) {
    copy_axis(static_cast<T*>(out), static_cast<const T*>(first), stride, n);
  });
}

}  // namespace lazulite::cpu
