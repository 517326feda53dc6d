#pragma once

#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/program/plan.h"

namespace lazulite::debug {

using NamedArray = std::pair<std::string, Array>;

/// Writes the graph behind arrays that have not been computed in Graphviz's language: operations,
/// what they read, and the arrays that are there already. Arrays without a name are called A, B,
/// ...
void export_to_dot(std::ostream& out, std::span<const NamedArray> arrays);

/// The plan by which the arrays would be computed, which this does not do. Throws where they all
/// have been.
std::shared_ptr<const Plan> plan_of(std::span<const Array> arrays);

/// A picture of a plan: what is fused, what kernels there are, and what they hand on. It needs
/// nothing beside itself.
std::string to_svg(const Plan& plan);

}  // namespace lazulite::debug
