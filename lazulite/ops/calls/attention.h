#pragma once

#include "lazulite/core/array.h"

// Attention, for nn. Internal.
namespace lazulite {

/// softmax(q k^T scale + mask) v of queries (batch, heads, rows, features), keys and values (batch,
/// groups, columns, features), whose sizes go together; an optional mask (batch, heads, rows,
/// columns) and optional sinks, a score of each head that has no value. A call for half precision
/// alone (without sinks), where backends have kernels that do not store the weights.
Array attention(const Array& queries, const Array& keys, const Array& values, double scale,
                const Array& mask, bool causal, const Array& sinks);

}  // namespace lazulite
