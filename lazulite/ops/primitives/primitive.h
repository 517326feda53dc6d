#pragma once

#include <span>
#include <string>

#include "lazulite/core/node.h"

namespace lazulite {

/// What is known of an array before it is computed.
struct ArrayType {
  Shape shape;
  Dtype dtype;
};
using ArrayTypes = SmallVector<ArrayType, 1>;

/// The same of an array that lives elsewhere.
struct ArrayTypeRef {
  const Shape& shape;
  Dtype dtype;
  ArrayTypeRef(const Shape& s, Dtype d) : shape(s), dtype(d) {}
  ArrayTypeRef(const ArrayType& type) : ArrayTypeRef(type.shape, type.dtype) {}
  ArrayTypeRef(const Array& array) : ArrayTypeRef(array.shape(), array.dtype()) {}
};
/// The inputs that a primitive is asked about.
using InputTypes = std::span<const ArrayTypeRef>;

class KeyWriter;

/// What all primitives of one struct have in common. Rules and kernels are tables beside it,
/// indexed by `id`: transforms/rules.h and the backends.
struct PrimitiveType {
  /// The place in primitives.def.
  const uint16_t& id;
  const char* name;
  /// Whether the output only shows the input's elements under another shape.
  bool is_view;
  /// Whether computing it may find its inputs to be wrong: it then comes before all that writes
  /// into a program's inputs, and what is not connected to it is run by itself.
  bool may_refuse;
  const char* (*label)(const Primitive&);
  bool (*equal)(const Primitive&, const Primitive&);
  void (*write)(const Primitive&, KeyWriter&);
  std::string (*parameters)(const Primitive&);
  ArrayTypes (*infer)(const Primitive&, InputTypes);
};

/// An operation with its parameters: a plain struct T of a family's header, held as a
/// PrimitiveOf<T>. A struct has a `name`; `fields()`, which shows the parameters to whoever hashes,
/// prints or exports them; `==`; and `infer`, which is all that is known of its inputs and outputs.
struct Primitive {
  const PrimitiveType& type;

  template <class T>
  const T* get_if() const;
  size_t index() const { return type.id; }
  friend bool operator==(const Primitive& a, const Primitive& b) {
    return &a.type == &b.type && a.type.equal(a, b);
  }

 protected:
  explicit Primitive(const PrimitiveType& t) : type(t) {}
  ~Primitive() = default;
};

template <class T>
struct PrimitiveOf final : Primitive {
  explicit PrimitiveOf(T value_) : Primitive(type_of(&value_)), value(std::move(value_)) {}
  const T value;
};

template <class T>
const T* Primitive::get_if() const {
  bool is = &type == &type_of(static_cast<const T*>(nullptr));
  return is ? &static_cast<const PrimitiveOf<T>*>(this)->value : nullptr;
}

/// Declares what goes with a primitive's struct; its family's source defines it.
#define LAZULITE_PRIMITIVE(T)                                        \
  extern const PrimitiveType type_##T;                               \
  inline const PrimitiveType& type_of(const T*) { return type_##T; } \
  ArrayTypes infer(const T& primitive, InputTypes inputs)

template <class T>
PrimitivePtr make_primitive(T primitive) {
  return std::make_shared<const PrimitiveOf<T>>(std::move(primitive));
}

/// For errors and listings: the row's or the call's name, else the primitive's.
inline const char* name_of(const Primitive& primitive) { return primitive.type.label(primitive); }
/// The name and the parameters.
std::string to_string(const Primitive& primitive);

inline bool is_view(const Primitive& primitive) { return primitive.type.is_view; }

inline bool may_refuse(const Primitive& primitive) { return primitive.type.may_refuse; }

/// The shapes and dtypes of the outputs. Throws a sentence that names the operation where the
/// primitive does not take such inputs.
inline ArrayTypes infer(const Primitive& primitive, InputTypes inputs) {
  return primitive.type.infer(primitive, inputs);
}

/// The first output of a new node.
Array make(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs);
/// All outputs of a new node: how a node is made again on other inputs.
std::vector<Array> remake(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs);

/// All primitives, in the order of their ids.
std::span<const PrimitiveType* const> primitive_types();

}  // namespace lazulite
