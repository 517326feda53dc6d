#include "lazulite/ops/primitives/primitive.h"

#include "lazulite/core/release.h"

namespace lazulite {
namespace {

ArrayTypes infer_outputs(const Primitive& primitive, const SmallVector<Array, 2>& inputs) {
  SmallVector<ArrayTypeRef, 4> types;
  types.reserve(inputs.size());
  for (const Array& input : inputs) {
    if (!input.valid()) reject_empty_handle(name_of(primitive));
    types.emplace_back(input);
  }
  ArrayTypes outputs = infer(primitive, {types.data(), types.size()});
  for (const ArrayType& type : outputs) {
    check_shape(type.shape, size_of(type.dtype), name_of(primitive));
  }
  return outputs;
}

}  // namespace

std::string to_string(const Primitive& primitive) {
  std::string parameters = primitive.type.parameters(primitive);
  return name_of(primitive) + (parameters.empty() ? "" : "[" + parameters + "]");
}

Array make(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs) {
  ArrayTypes types = infer_outputs(*primitive, inputs);
  if (types.size() == 1) {
    return make_array(std::move(primitive), std::move(inputs), std::move(types[0].shape),
                      types[0].dtype);
  }
  SmallVector<Output, 1> outputs;
  for (ArrayType& type : types) outputs.push_back({std::move(type.shape), type.dtype});
  return make_arrays(std::move(primitive), std::move(inputs), std::move(outputs))[0];
}

std::vector<Array> remake(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs) {
  Array first = make(std::move(primitive), std::move(inputs));
  std::vector<Array> outputs;
  for (uint32_t i = 0; i < first.node()->outputs.size(); ++i) outputs.emplace_back(first.node(), i);
  return outputs;
}

}  // namespace lazulite
