#include "lazulite/ops/primitives/creation.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

template <>
Arange definition::blank<Arange>() {
  return {0, 1};
}

LAZULITE_DEFINE_PRIMITIVE(Arange);
LAZULITE_DEFINE_PRIMITIVE(RandomBits);

Dtype Arange::computed_in() const {
  if (start.kind() >= DtypeKind::floating || step.kind() >= DtypeKind::floating) {
    return Dtype::float64;
  }
  bool is_unsigned = start.kind() == DtypeKind::unsigned_integer || dtype == Dtype::uint64;
  return is_unsigned ? Dtype::uint64 : Dtype::int64;
}

ArrayTypes infer(const Arange& p, InputTypes inputs) {
  expect_inputs("arange", inputs, 0);
  if (p.count < 0) throw Error(fmt::format("arange: {} elements were asked for", p.count));
  return {{Shape{p.count}, p.dtype}};
}

ArrayTypes infer(const RandomBits& p, InputTypes inputs) {
  expect_inputs("random", inputs, 1);
  const Shape& key = inputs[0].shape;
  if (inputs[0].dtype != Dtype::uint32 || key.empty() || key.back() != 2) {
    throw Error(fmt::format("random: a key is two uint32, not an array of shape {} and dtype {}",
                            to_string(key), name_of(inputs[0].dtype)));
  }
  if (kind_of(p.dtype) != DtypeKind::unsigned_integer || size_of(p.dtype) > 4) {
    throw Error(
        fmt::format("random: bits come as uint8, uint16 and uint32, not as {}", name_of(p.dtype)));
  }
  Shape shape(key.begin(), key.end() - 1);
  for (int64_t size : p.shape) {
    if (size < 0) {
      throw Error(fmt::format("random: shape {} has a negative size", to_string(p.shape)));
    }
    shape.push_back(size);
  }
  return {{std::move(shape), p.dtype}};
}

}  // namespace lazulite
