#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// A number that no other one has, whatever is freed meanwhile: a copy has another.
class UniqueNumber {
 public:
  UniqueNumber();
  UniqueNumber(const UniqueNumber&) : UniqueNumber() {}
  UniqueNumber& operator=(const UniqueNumber&) = delete;
  uint64_t number() const { return number_; }

 private:
  uint64_t number_;
};

/// An array's elements in host memory, row-major.
struct HostArray {
  void* data;
  const Shape& shape;
  Dtype dtype;
  template <class T>
  T* elements() const {
    return static_cast<T*>(data);
  }
};

/// An operation that the library does not have. Each object, also a copy, is an operation of its
/// own, equal to no other; plans keep those that they run.
struct CustomOperation {
  /// For errors and listings.
  std::string name;
  /// The shapes and dtypes of the outputs, which are one or several; throws a sentence where it
  /// does not take such inputs.
  std::function<ArrayTypes(InputTypes)> infer;
  /// Fills the outputs. Called on the host, by any thread, for one run after another or at once;
  /// what it throws, whoever reads the outputs is told. Must depend on its inputs alone, and not
  /// wait for threads that evaluate arrays; evaluating some itself is an Error.
  std::function<void(std::span<const HostArray> inputs, std::span<const HostArray> outputs)> run;

  using Arrays = std::vector<Array>;
  /// Optional. For each input its gradient, not valid() where none flows.
  std::function<Arrays(const Arrays& inputs, const Arrays& outputs, const Arrays& cotangents)> vjp =
      {};
  /// Optional. For each output its tangent.
  std::function<Arrays(const Arrays& inputs, const Arrays& outputs, const Arrays& tangents)> jvp =
      {};
  /// Optional. `mapped` says which inputs have the axis of the many in front, as all outputs must.
  std::function<Arrays(const Arrays& inputs, const std::vector<bool>& mapped)> vmap = {};

  const UniqueNumber identity = {};
};

/// The operation whose `run` the calling thread is in; null if there is none.
const CustomOperation* running_operation();
/// Runs the operation; what it throws becomes an OperationFailure.
void run_operation(const CustomOperation& operation, std::span<const HostArray> inputs,
                   std::span<const HostArray> outputs);

struct Custom {
  static constexpr const char* name = "Custom";
  static constexpr bool may_refuse = true;
  std::shared_ptr<const CustomOperation> operation;
  const char* label() const { return operation->name.c_str(); }
  auto fields() const { return std::tuple(operation->identity.number()); }
  bool operator==(const Custom&) const = default;
};
LAZULITE_PRIMITIVE(Custom);

}  // namespace lazulite
