#pragma once

#include "lazulite/backends/cuda/kernels/product.h"

namespace lazulite::cuda {

/// The product of matrices, the last two axes of a and b, as far as those axes tell: `functions`,
/// `extra` and `name` are left to be said.
Product product_of_matrices(const Operand& a, const Operand& b, const Operand& c);

/// Whether it has so many multiplications that the library is worth it: its choosing and launching,
/// or of float32 a kernel of its own for what follows the product. Which one sums depends on the
/// sizes alone, so that what follows does not change a result.
bool worth_library(const Product& product);

/// Text of the elements of such matrices, for an Extra with am, ak, bk and bn, the strides along
/// the axes m, k and n.
extern const char* const elements_of_matrices;
/// Adds those, in this order.
void add_strides_of_matrices(const Operand& a, const Operand& b, KernelText& extra);

}  // namespace lazulite::cuda
