#pragma once

#include "fuzz/bounds.h"

namespace lazulite::fuzz {

struct Failure {
  std::string check;
  std::string text;
};

/// All checks of a program, or the one named; the first failure. `nodes` counts what was computed.
std::optional<Failure> check(const Program& program, const std::string& only = "",
                             size_t* nodes = nullptr);

// The checks that are not ways to run.

/// Whether a check fails in a node of the program, be it one that no result depends on.
bool has_failing_node(const Program& program, const Arrays& inputs);
/// Every node on another device, or with another number of threads, from this device's own inputs.
std::optional<Failure> check_nodes(const Program& program, const Arrays& inputs,
                                   const std::string& only, size_t* nodes);

/// Derivatives forward against derivatives back and finite differences, and many slices at once
/// against one after the other.
std::optional<Failure> check_transforms(const Program& program, const std::string& only);

/// The pending nodes behind the results, each after its inputs.
std::vector<Record> recorded(const Arrays& results);

/// Whether both have the same bits; any NaN equals any other. Empty, or a sentence.
std::string different_bits(const Array& got, const Array& expected);

}  // namespace lazulite::fuzz
