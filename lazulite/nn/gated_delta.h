#pragma once

#include <utility>

#include "lazulite/core/array.h"

namespace lazulite::nn {

/// The gated delta rule (Yang et al., "Gated Delta Networks: Improving Mamba2 with Delta Rule",
/// 2024), one step after another: with a state S of (features of values, features of keys) for each
/// head, S = decay_t S, then S += beta_t (v_t - S k_t) k_t^T, and the output is S q_t.
///
/// queries, keys: (batch, steps, key heads, features); values: (batch, steps, heads, features of
/// values), of which each key head serves equally many; decay, beta: (batch, steps, heads);
/// `state`: (batch, heads, features of values, features of keys), zeros where it is empty; `mask`:
/// (batch, steps), at whose zeros the state stays and the output is 0. Numbers.
///
/// Returns the outputs, of values' shape and of the common dtype of queries, keys and values, and
/// the last state, in float32 or wider, in which all is computed.
std::pair<Array, Array> gated_delta_update(Array queries, Array keys, Array values, Array decay,
                                           Array beta, Array state = Array(), Array mask = Array());

}  // namespace lazulite::nn
