#pragma once

#include <optional>

#include "lazulite/backends/cuda/kernels/epilogue.h"
#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Sums of products c(z, m, n) = sum over k of a(z, m, k) b(z, k, n) whose elements lie anywhere:
/// matrix products of any strides, convolutions without a copy of their windows.
struct Product {
  Dtype dtype;
  int64_t batch = 1, m = 0, n = 0, k = 0;
  Pointer a = {}, b = {}, c = {};
  /// What a_batch, b_batch and depth_of read beside Extra: BATCH_POINTERS and BATCH_ARGUMENTS (each
  /// followed by a comma) of `functions` are their parameters. The statements AT_BATCH move these
  /// pointers to what belongs to product z; A_ALSO and B_ALSO (each after a comma) are arguments
  /// more of a_at and b_at.
  std::vector<Pointer> batch_pointers = {};
  int64_t c_batch = 0,
          c_row = 0;  ///< element strides of the result; neighbours along n lie side by side
  /// Whether neighbours in memory lie along k.
  bool a_along_k = false, b_along_k = false;
  /// Text that defines `struct Extra`, a_batch(z) and b_batch(z), and for a and b RowA(m), RowB(n),
  /// ColumnA(k), ColumnB(k) and a_at, b_at of them; all but the last two take an Extra first.
  /// With PARTIAL_DEPTH, depth_of(z, m, m_end, n, n_end) says how many of the k there are in such a
  /// tile of a product; its ends may lie behind the matrix's.
  std::string functions = {};
  /// The bytes of Extra.
  std::vector<std::byte> extra = {};
  /// What kernels are called.
  std::string name = {};

  /// Four neighbours along m are a window: what is stored is the largest of relu(sum + bias), and
  /// which it was, or 255 where that is zero. c_row is between windows then.
  struct Pooled {
    Pointer bias, positions;
    bool stores_value = true, stores_position = true;
  };
  std::optional<Pooled> pooled = std::nullopt;

  /// What follows for each sum, where c has neither gaps nor a pool.
  std::optional<Epilogue> epilogue = std::nullopt;
};

bool can_run_product(const Product& product);

/// For kernels that sum in other ways: types T and S, and STORE(place, row, column, sum), which
/// stores to `out` and does what follows; MORE_POINTERS and EPILOGUE_MEMBER belong to the
/// parameters. `follows` is false where only parts of sums are stored.
std::string product_head(const Product& product, bool follows);
/// The pointers and constants of those.
void add_epilogue(const Product& product, KernelText& text);

/// Adds the kernels. A block computes a tile, in float (double for float64 and complex64) and in
/// the order of k. Where there are few tiles, k is cut into parts whose sums are added in order.
/// Tiles and parts follow from the sizes alone.
void add_product(const Product& product, Recipe& recipe);

}  // namespace lazulite::cuda
