#pragma once

#include <span>
#include <tuple>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

enum class CallId : uint8_t {
#define CALL(name, ...) name,
#include "lazulite/ops/calls.def"
#undef CALL
};

/// A fast kernel with its composition attached: backends that lack the kernel run the composition,
/// derivatives that the call does not name itself go through the composition.
struct Call {
  static constexpr const char* name = "Call";
  CallId id;
  SmallVector<int64_t, 4> attributes;
  auto fields() const { return std::tie(id, attributes); }
  bool operator==(const Call&) const = default;
};

/// What a call computes, in public operations; one array for each of its outputs.
std::vector<Array> compose(const Call& call, std::span<const Array> inputs);

const char* name_of(CallId id);

}  // namespace lazulite
