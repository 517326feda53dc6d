#include <algorithm>
#include <cstring>

#include "lazulite/backends/reference/rows.h"
#include "lazulite/backends/reference/run.h"
#include "lazulite/backends/reference/threefry.h"

namespace lazulite::reference {
namespace {

void copy(const Elements& from, const Elements& to, Dtype dtype) {
  for (size_t i = 0; i < to.size(); ++i) std::memcpy(to[i], from[i], size_of(dtype));
}

void run(const Arange& p, const Run& run) {
  bool whole = p.start.kind() < DtypeKind::floating && p.step.kind() < DtypeKind::floating;
  int64_t i = 0;
  for (std::byte* element : run.elements(run.output())) {
    int64_t integer = p.start.as<int64_t>() + i * p.step.as<int64_t>();
    double number = p.start.as<double>() + static_cast<double>(i) * p.step.as<double>();
    const void* value = whole ? static_cast<void*>(&integer) : &number;
    convert(value, whole ? Dtype::int64 : Dtype::float64, element, run.output().dtype);
    ++i;
  }
}

void run(const Copy&, const Run& run) {
  copy(run.elements(run.input(0)), run.elements(run.output()), run.output().dtype);
}

// An output that may lie where input 0 lies: a copy of it, but for what is written into it.
void copy_first_input(const Run& run) {
  const Operand &x = run.input(0), &y = run.output();
  if (x.size() == 0) return;
  const bool in_place = run.elements(x) == run.elements(y);
  if (!in_place) reference::run(Copy(), run);
}

// Elements read before anything is written.
class Kept {
 public:
  Kept(const Elements& elements, Dtype dtype) : size_(size_of(dtype)) {
    for (const std::byte* element : elements) {
      bytes_.insert(bytes_.end(), element, element + size_);
    }
  }
  const std::byte* operator[](int64_t i) const { return bytes_.data() + i * size_; }

 private:
  size_t size_;
  std::vector<std::byte> bytes_;
};

void run(const SliceUpdate& p, const Run& run) {
  Kept update(run.elements(run.input(1)), run.output().dtype);
  copy_first_input(run);
  Operand part = run.output();
  for (size_t axis = 0; axis < part.shape.size(); ++axis) {
    part.offset += p.starts[axis] * part.strides[axis];
    part.strides[axis] *= p.steps[axis];
  }
  part.shape = run.input(1).shape;
  Elements to = run.elements(part);
  for (size_t i = 0; i < to.size(); ++i) std::memcpy(to[i], update[i], size_of(part.dtype));
}

void run(const Concatenate& p, const Run& run) {
  Operand part = run.output();
  for (const Operand& input : run.launch.inputs) {
    part.shape[p.axis] = input.shape[p.axis];
    copy(run.elements(input), run.elements(part), part.dtype);
    part.offset += input.shape[p.axis] * part.strides[p.axis];
  }
}

// Calls f(element of x, element of the gathered or of the updates) for all of the latter. Inputs
// are x and the positions along `axis`: one for each element (`along`), or for each sub-array.
template <class F>
void for_each_gathered(const Run& run, int axis, bool along, F&& f) {
  const Shape& shape = run.input(0).shape;
  const Operand& positions = run.input(1);
  int64_t size = shape[axis], before = element_count(std::span(shape.begin(), axis));
  int64_t after = element_count(std::span(shape.begin() + axis + 1, shape.end()));
  int64_t count = along ? positions.shape[axis] : positions.size();
  Elements at = run.elements(positions);
  for (int64_t i = 0; i < before * count * after; ++i) {
    int64_t position = 0;
    convert(at[along ? i : i / after % count], positions.dtype, &position, Dtype::int64);
    if (position < 0) position += size;
    position = std::clamp<int64_t>(position, 0, size - 1);
    f((i / (count * after) * size + position) * after + i % after, i);
  }
}

void gather(const Run& run, int axis, bool along) {
  Elements x = run.elements(run.input(0)), out = run.elements(run.output());
  for_each_gathered(run, axis, along, [&](int64_t from, int64_t to) {
    std::memcpy(out[to], x[from], size_of(run.output().dtype));
  });
}

void scatter(const Run& run, int axis, bool along, bool add) {
  Dtype dtype = run.output().dtype;
  Kept updates(run.elements(run.input(2)), dtype);
  copy_first_input(run);
  Elements out = run.elements(run.output());
  for_each_gathered(run, axis, along, [&](int64_t to, int64_t from) {
    const void* operands[] = {out[to], updates[from]};
    row_function(add ? Row::add : Row::positive, dtype)(add ? operands : operands + 1, out[to]);
  });
}

void run(const CheckIndex& p, const Run& run) {
  Elements from = run.elements(run.input(0)), to = run.elements(run.output());
  visit_dtype(run.input(0).dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      for (size_t i = 0; i < from.size(); ++i) {
        T index = *reinterpret_cast<const T*>(from[i]);
        int64_t position = 0;
        if (!p.position(index, &position)) p.reject(std::to_string(index));
        convert(&position, Dtype::int64, to[i], run.output().dtype);
      }
    }
  });
}

void run(const Gather& p, const Run& run) { gather(run, p.axis, false); }
void run(const GatherAlong& p, const Run& run) { gather(run, p.axis, true); }
void run(const ScatterAdd& p, const Run& run) { scatter(run, p.axis, false, true); }
void run(const ScatterAlong& p, const Run& run) { scatter(run, p.axis, true, p.add); }

// Whether `a` takes the place of the extreme `b`: it is beyond it, or the first NaN.
bool beats(const void* a, const void* b, Dtype dtype, bool maximum) {
  auto holds = [&](Row row, const void* x, const void* y) {
    const void* operands[] = {x, y};
    bool out = false;
    row_function(row, dtype)(operands, &out);
    return out;
  };
  if (holds(Row::isnan, b, b)) return false;
  return holds(Row::isnan, a, a) || holds(maximum ? Row::greater : Row::less, a, b);
}

void run(const ArgReduce& p, const Run& run) {
  const Operand& x = run.input(0);
  Elements from = run.elements(x), to = run.elements(run.output());
  int64_t size = x.shape[p.axis];
  int64_t after = element_count(std::span(x.shape.begin() + p.axis + 1, x.shape.end()));
  for (int64_t i = 0; i < run.output().size(); ++i) {
    int64_t first = i / after * size * after + i % after;
    uint32_t best = 0;
    for (uint32_t k = 1; k < size; ++k) {
      if (beats(from[first + k * after], from[first + best * after], x.dtype, p.maximum)) best = k;
    }
    std::memcpy(to[i], &best, sizeof(best));
  }
}

void run(const Matmul&, const Run& run) {
  const Operand& out = run.output();
  int64_t n = out.shape.back(), m = out.shape[out.shape.size() - 2];
  int64_t size = run.input(0).shape.back();
  Numbers a = run.numbers(run.input(0)), b = run.numbers(run.input(1)), sums(out.size());
  for (int64_t i = 0; i < out.size(); ++i) {
    int64_t batch = i / (m * n), row = i / n, column = i % n;
    for (int64_t k = 0; k < size; ++k) {
      sums[i] += a[row * size + k] * b[(batch * size + k) * n + column];
    }
  }
  run.store(sums, out);
}

// Slides a window over x: (n, spatial…, c) and calls f(output pixel, place in the window, input
// pixel) wherever it does not lie on padding; pixels are numbered without their channels.
template <class F>
void for_each_window(const Shape& x, const Shape& y, const Shape& window,
                     const SmallVector<int, 3>& stride, const SmallVector<int, 3>& padding,
                     const SmallVector<int, 3>& dilation, F&& f) {
  int64_t pixels = element_count(std::span(y.begin(), y.end() - 1)), places = element_count(window);
  for (int64_t i = 0; i < pixels * places; ++i) {
    int64_t input = 0, scale = 1, image = i / places, place = i % places;
    bool valid = true;
    for (size_t axis = window.size(); axis-- > 0;) {
      int64_t at = image % y[axis + 1] * stride[axis] - padding[axis] +
                   place % window[axis] * dilation[axis];
      valid &= at >= 0 && at < x[axis + 1];
      input += at * scale;
      scale *= x[axis + 1];
      image /= y[axis + 1];
      place /= window[axis];
    }
    if (valid) f(i / places, i % places, image * scale + input);
  }
}

// Adds up all products of a convolution for the one of x, w and y that is the output.
void convolve(const ConvGeometry& g, const Run& run, const Operand& x, const Operand& w,
              const Operand& y) {
  const Operand* out = &run.output();
  auto values = [&](const Operand& o) { return &o == out ? Numbers(o.size()) : run.numbers(o); };
  Numbers xs = values(x), ws = values(w), ys = values(y);
  Shape window(w.shape.begin() + 1, w.shape.end() - 1);
  int64_t in = x.shape.back(), channels = y.shape.back(), group_in = w.shape.back();
  auto visit = [&](int64_t pixel, int64_t tap, int64_t input_pixel) {
    for (int64_t o = 0; o < channels; ++o) {
      for (int64_t i = 0; i < group_in; ++i) {
        auto& a = xs[input_pixel * in + o / (channels / g.groups) * group_in + i];
        auto& b = ws[(o * element_count(window) + tap) * group_in + i];
        auto& c = ys[pixel * channels + o];
        if (out == &x) a += b * c;
        if (out == &w) b += a * c;
        if (out == &y) c += a * b;
      }
    }
  };
  for_each_window(x.shape, y.shape, window, g.stride, g.padding, g.dilation, visit);
  run.store(out == &x ? xs : out == &w ? ws : ys, *out);
}

void run(const Convolution& p, const Run& run) {
  convolve(p, run, run.input(0), run.input(1), run.output());
}
void run(const ConvolutionGradInput& p, const Run& run) {
  convolve(p, run, run.output(), run.input(0), run.input(1));
}
void run(const ConvolutionGradWeight& p, const Run& run) {
  convolve(p, run, run.input(0), run.output(), run.input(1));
}

Shape window_shape(const PoolGeometry& g) { return {g.window.begin(), g.window.end()}; }

// Calls f(index in x, place in the window, index in y) for every element that a pool looks at.
template <class F>
void for_each_pooled(const PoolGeometry& g, const Operand& x, const Operand& y, F&& f) {
  Shape window = window_shape(g);
  int64_t channels = y.shape.back();
  auto visit = [&](int64_t pixel, int64_t place, int64_t input_pixel) {
    for (int64_t c = 0; c < channels; ++c) {
      f(input_pixel * channels + c, place, pixel * channels + c);
    }
  };
  SmallVector<int, 3> dilation(window.size(), 1);
  for_each_window(x.shape, y.shape, window, g.stride, g.padding, dilation, visit);
}

void run(const MaxPool& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.output(0);
  Elements xs = run.elements(x), ys = y.used ? run.elements(y) : Elements();
  if (y.used) run.store(Numbers(y.size(), -std::numeric_limits<double>::infinity()), y);
  std::vector<int64_t> positions(y.size(), -1);
  std::vector<const std::byte*> best(y.size());
  for_each_pooled(p, x, y, [&](int64_t from, int64_t place, int64_t to) {
    if (positions[to] >= 0 && !beats(xs[from], best[to], x.dtype, true)) return;
    positions[to] = place;
    best[to] = xs[from];
  });
  for (int64_t i = 0; y.used && i < y.size(); ++i) {
    if (best[i]) std::memcpy(ys[i], best[i], size_of(x.dtype));
  }
  if (!run.output(1).used) return;
  // A window of padding alone has its "largest element" at its first place.
  Numbers places;
  for (int64_t place : positions)
    places.emplace_back(static_cast<double>(std::max<int64_t>(place, 0)));
  run.store(places, run.output(1));
}

void run(const MaxPoolGrad& p, const Run& run) {
  const Operand &dy = run.input(0), &dx = run.output();
  Numbers gradients = run.numbers(dy), positions = run.numbers(run.input(1)), sums(dx.size());
  for_each_pooled(p, dx, dy, [&](int64_t to, int64_t place, int64_t from) {
    if (positions[from] == static_cast<double>(place)) sums[to] += gradients[from];
  });
  run.store(sums, dx);
}

void run(const AvgPool& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.output();
  Numbers xs = run.numbers(x), sums(y.size());
  for_each_pooled(p, x, y, [&](int64_t from, int64_t, int64_t to) { sums[to] += xs[from]; });
  for (auto& sum : sums) sum /= static_cast<double>(element_count(window_shape(p)));
  run.store(sums, y);
}

void run(const AvgPoolGrad& p, const Run& run) {
  const Operand &dy = run.input(0), &dx = run.output();
  Numbers gradients = run.numbers(dy), sums(dx.size());
  for_each_pooled(p, dx, dy, [&](int64_t to, int64_t, int64_t from) {
    sums[to] += gradients[from] / static_cast<double>(element_count(window_shape(p)));
  });
  run.store(sums, dx);
}

void run(const RandomBits&, const Run& run) {
  Elements keys = run.elements(run.input(0)), places = run.elements(run.output());
  size_t width = size_of(run.output().dtype);
  size_t bytes = keys.empty() ? 0 : places.size() / (keys.size() / 2) * width;
  for (size_t i = 0; i < places.size(); ++i) {
    size_t stream = i * width / bytes, at = i * width % bytes;
    Words key;
    std::memcpy(&key[0], keys[2 * stream], sizeof(uint32_t));
    std::memcpy(&key[1], keys[2 * stream + 1], sizeof(uint32_t));
    uint32_t word =
        random_word(key, static_cast<uint32_t>(at / 4), static_cast<uint32_t>((bytes + 3) / 4));
    for (size_t byte = 0; byte < width; ++byte) {  // the lowest comes first
      places[i][byte] = static_cast<std::byte>(word >> 8 * (at % 4 + byte));
    }
  }
}

template <class P>
constexpr bool has_kernel = requires(const P& p, const Run& r) {
  run(p, r);
};

}  // namespace

bool can_run_primitive(const Primitive& primitive) {
  return primitive.visit([]<class P>(const P&) { return has_kernel<P>; });
}

void run_primitive(const Primitive& primitive, const Run& r) {
  primitive.visit([&]<class P>(const P& p) {
    if constexpr (has_kernel<P>) run(p, r);
  });
}

}  // namespace lazulite::reference
