// Operations that keep the elements' row-major order.
#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

// `shape` with its -1 replaced by what is left of `size` elements.
Shape complete_shape(const Shape& shape, int64_t size, const char* operation) {
  Shape out = shape;
  int64_t known = 1;
  int64_t* missing = nullptr;
  for (int64_t& entry : out) {
    if (entry < -1 || (entry == -1 && missing != nullptr)) {
      throw Error(
          fmt::format("{}: shape {} must have sizes of at least 0, and at most one of them "
                      "may be -1",
                      operation, to_string(shape)));
    }
    if (entry == -1) {
      missing = &entry;
    } else {
      known = multiply_sizes(known, entry, operation);
    }
  }
  if (missing != nullptr && known != 0 && size % known == 0) {
    *missing = size / known;
    known = size;
  }
  if (known != size || (missing != nullptr && known == 0 && *missing == -1)) {
    throw Error(fmt::format("{}: an array of {} element{} cannot have shape {}", operation, size,
                            size == 1 ? "" : "s", to_string(shape)));
  }
  return out;
}

Array reshape_to(const Array& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return make(make_primitive(Reshape{shape}), {x});
}

}  // namespace

Array reshape(Array x, const Shape& shape) {
  const ReleaseOnReturn release(x);
  Array out = reshape_to(x, complete_shape(shape, x.size(), "reshape"));
  return out.is_same(x) ? out : noted(std::move(out), shape);
}

Array flatten(Array x, int start_axis, int end_axis) {
  const ReleaseOnReturn release(x);
  if (x.ndim() == 0) return reshape_to(x, {1});
  int start = normalize_axis(start_axis, x.ndim(), "flatten");
  int end = normalize_axis(end_axis, x.ndim(), "flatten");
  if (end < start) {
    throw Error(fmt::format("flatten: the first axis, {}, comes after the last one, {}", start_axis,
                            end_axis));
  }
  const Shape& old = x.shape();
  Shape shape(old.begin(), old.begin() + start);
  shape.push_back(1);
  for (int axis = start; axis <= end; ++axis) shape.back() *= old[static_cast<size_t>(axis)];
  for (size_t axis = static_cast<size_t>(end) + 1; axis < old.size(); ++axis) {
    shape.push_back(old[axis]);
  }
  Array result = reshape_to(x, shape);
  ShapeNotes* notes = ShapeNotes::current();
  if (notes && !result.is_same(x)) {
    Shape asked;
    for (int axis = 0; axis < static_cast<int>(x.ndim()); ++axis) {
      if (axis == start) asked.push_back(ShapeNotes::rest);
      if (axis >= start && axis <= end) continue;
      asked.push_back(ShapeNotes::size_of_axis(static_cast<size_t>(axis)));
    }
    notes->note(result, asked);
  }
  return result;
}

Array unflatten(Array x, int axis, const Shape& shape) {
  const ReleaseOnReturn release(x);
  int at = normalize_axis(axis, x.ndim(), "unflatten");
  if (shape.empty()) throw Error("unflatten: the shape to divide the axis into is empty");
  const Shape& old = x.shape();
  Shape parts = complete_shape(shape, old[static_cast<size_t>(at)], "unflatten");
  Shape out, asked;
  for (size_t i = 0; i < old.size(); ++i) {
    if (i != static_cast<size_t>(at)) {
      out.push_back(old[i]);
      asked.push_back(ShapeNotes::size_of_axis(i));
      continue;
    }
    for (int64_t part : parts) out.push_back(part);
    for (int64_t part : shape) asked.push_back(part);
  }
  Array result = reshape_to(x, out);
  ShapeNotes* notes = ShapeNotes::current();
  if (notes && !result.is_same(x)) notes->note(result, asked);
  return result;
}

Array expand_dims(Array x, const Axes& axes) {
  const ReleaseOnReturn release(x);
  size_t ndim = x.ndim() + axes.size();
  Axes added = normalize_axes(axes, ndim, "expand_dims");
  Shape shape;
  size_t taken = 0;
  for (size_t axis = 0; axis < ndim; ++axis) {
    bool is_new = std::find(added.begin(), added.end(), static_cast<int>(axis)) != added.end();
    shape.push_back(is_new ? 1 : x.shape()[taken++]);
  }
  return reshape_to(x, shape);
}

Array squeeze(Array x, const Axes& axes) {
  const ReleaseOnReturn release(x);
  Axes dropped = normalize_axes(axes, x.ndim(), "squeeze");
  for (int axis : dropped) {
    if (x.shape(axis) != 1) {
      throw Error(fmt::format("squeeze: axis {} of shape {} has size {}, not 1", axis,
                              to_string(x.shape()), x.shape(axis)));
    }
  }
  Shape shape;
  for (size_t axis = 0; axis < x.ndim(); ++axis) {
    bool drop = axes.empty() ? x.shape()[axis] == 1
                             : std::find(dropped.begin(), dropped.end(), static_cast<int>(axis)) !=
                                   dropped.end();
    if (!drop) shape.push_back(x.shape()[axis]);
  }
  return reshape_to(x, shape);
}

Array atleast_1d(Array x) {
  const ReleaseOnReturn release(x);
  return x.ndim() >= 1 ? x : reshape_to(x, {1});
}

Array atleast_2d(Array x) {
  const ReleaseOnReturn release(x);
  if (x.ndim() >= 2) return x;
  return reshape_to(x, {1, x.size()});
}

Array atleast_3d(Array x) {
  const ReleaseOnReturn release(x);
  if (x.ndim() >= 3) return x;
  if (x.ndim() == 2) return reshape_to(x, {x.shape(0), x.shape(1), 1});
  return reshape_to(x, {1, x.size(), 1});
}

}  // namespace lazulite
