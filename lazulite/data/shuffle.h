#pragma once

#include <cstdint>
#include <vector>

namespace lazulite::data {

/// A hash whose 64 output bits all depend on all input bits: the finaliser of SplitMix64 (Steele,
/// Lea, Flood: Fast splittable pseudorandom number generators, 2014). A counter put through it is a
/// stream of random numbers that is the same on every machine.
uint64_t mix(uint64_t value);

/// A seed for part `index` of something that has a seed itself: an epoch, a sample.
uint64_t derived_seed(uint64_t seed, uint64_t index);

/// 0 to count - 1 in an order that depends on nothing but the seed (Fisher and Yates' shuffle).
std::vector<int64_t> permutation(int64_t count, uint64_t seed);

}  // namespace lazulite::data
