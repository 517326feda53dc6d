#pragma once

namespace lazulite::cuda {

/// What a warp does together: products of tensor cores, loads of their operands out of shared
/// memory, copies into it that go on while others work. Of compute capability 8.0.
extern const char* const warp_source;

/// softmax(q k^T scale + mask) v by blocks of rows of q, whose weights are never stored: a block
/// goes along the columns, and scales what it has summed where a larger score comes (the method of
/// "FlashAttention-2", Dao 2023). After warp_source; D and DV: features of keys and values,
/// multiples of 16; TILES: of 16 rows, for each of 4 warps; COLUMNS: that are taken at once; BRAIN:
/// bfloat16, else float16; CAUSAL; MASK: 0 none, 1 bools, 2 numbers; SCALED: scores are scaled
/// before they are compared, which masks need.
extern const char* const attention_source;

}  // namespace lazulite::cuda
