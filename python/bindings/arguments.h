#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/device.h"
#include "lazulite/core/scalar.h"

// What functions take from Python, as types of their own: each has a converter, and its name is
// what signatures and stubs show.
namespace lazulite::python {

namespace nb = nanobind;

/// A dtype as Python sees it: an object with a size and a repr.
struct DtypeObject {
  Dtype value;
  bool operator==(const DtypeObject&) const = default;
};

/// The object of a dtype, of which there is one.
const DtypeObject& object_of(Dtype dtype);

enum class DeviceType { cpu, gpu };

/// What `stream=` takes: None, a stream, a device, or a kind of device.
struct StreamArgument {
  std::optional<Stream> stream;
};

/// An array or a Python number.
struct Operand {
  nb::handle object;
};

/// None, an axis or several.
struct AxesArgument {
  bool all = true;
  Axes axes = {};
};

/// A size or several.
struct ShapeArgument {
  Shape shape;
};

/// An int or a sequence of ints.
struct IntsArgument {
  bool single = false;
  SmallVector<int64_t, 6> values = {};
};

/// The Array inside of a Python array; null where the object is none.
Array* array_of(nb::handle object);
/// The number where the object is a Python bool, int, float or complex, or a subclass's instance.
std::optional<Scalar> scalar_of(nb::handle object);
/// The array that an object stands for: itself, a number, or what `array()` makes of it. `beside`
/// is the other operand, whose dtype a number takes; may be null.
Array to_array(nb::handle object, const Array* beside = nullptr);
/// Whether an operand of an operator is of a type that it takes.
bool is_operand(nb::handle object);
/// Two operands, a number taking the dtype that it has beside the other.
std::pair<Array, Array> to_arrays(nb::handle x, nb::handle y);

/// A shape as a Python tuple.
nb::tuple shape_tuple(const Shape& shape);

bool to_int(nb::handle object, int64_t& out);
bool to_ints(nb::handle object, SmallVector<int64_t, 6>& out);
/// The integer as an axis, a stride, a width; TypeError, as in MLX, where that cannot be.
int narrowed(int64_t value);
bool to_stream(nb::handle object, StreamArgument& out);
/// Throws a RuntimeError where a stream belongs to another thread.
void check_stream(const Stream& stream);

}  // namespace lazulite::python

namespace nanobind::detail {

template <>
struct type_caster<lazulite::python::StreamArgument> {
  NB_TYPE_CASTER(lazulite::python::StreamArgument,
                 const_name("lazulite.core.Stream | lazulite.core.ThreadLocalStream | "
                            "lazulite.core.Device | lazulite.core.DeviceType"))
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    return lazulite::python::to_stream(source, value);
  }
};

template <>
struct type_caster<lazulite::python::Operand> {
  NB_TYPE_CASTER(lazulite::python::Operand,
                 const_name("lazulite.core.array | bool | int | float | complex"))
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    value.object = source;
    return true;
  }
};

template <>
struct type_caster<lazulite::python::AxesArgument> {
  NB_TYPE_CASTER(lazulite::python::AxesArgument, const_name("int | collections.abc.Sequence[int]"))
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept;
};

template <>
struct type_caster<lazulite::python::ShapeArgument> {
  NB_TYPE_CASTER(lazulite::python::ShapeArgument, const_name("int | collections.abc.Sequence[int]"))
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    return lazulite::python::to_ints(source, value.shape);
  }
};

template <>
struct type_caster<lazulite::python::IntsArgument> {
  NB_TYPE_CASTER(lazulite::python::IntsArgument, const_name("int | collections.abc.Sequence[int]"))
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    int64_t one;
    value.values.clear();
    if ((value.single = lazulite::python::to_int(source, one))) {
      value.values.push_back(one);
      return true;
    }
    return lazulite::python::to_ints(source, value.values);
  }
};

}  // namespace nanobind::detail
