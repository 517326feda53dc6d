// Linear algebra: small matrices by kernels, others by cuSOLVER and cuBLAS.
#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/matrix_moves.h"
#include "lazulite/backends/cuda/kernels/small_matrices.h"
#include "lazulite/backends/cuda/primitives/operations.h"
#include "lazulite/ops/primitives/custom.h"

namespace lazulite::cuda {
namespace {

using Step = LibraryDecomposition::Step;
using Part = MatrixMove::Part;
using Marked = MatrixMove::Marked;

constexpr std::string_view with_kernels[] = {"cholesky",    "lu_factor",   "solve", "inv",
                                             "solve_lower", "solve_upper", "det"};
constexpr std::string_view by_library_alone[] = {"qr", "svd", "singular_values", "eigh",
                                                 "eigvalsh"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

int64_t rows_of(const Operand& a) { return a.shape.end()[-2]; }
int64_t columns_of(const Operand& a) { return a.shape.back(); }
int64_t largest_side(const Operand& a) { return std::max(rows_of(a), columns_of(a)); }

// Whether the library, which takes one matrix after another, is worth it: else the CPU, which has a
// core for each. As measured of an H200 beside 16 cores of a Xeon.
bool worth_solver(std::string_view name, const Operand& a) {
  const int64_t side = largest_side(a);
  if (side <= most_small_side) return false;
  if (side >= 256) return true;
  if (name == "svd" || name == "singular_values") return false;
  return matrix_count(a) <= 4 && (side >= 128 || !is_one_of(by_library_alone, name));
}

Shape last_axes(const Operand& a, std::initializer_list<int64_t> sizes) {
  Shape shape(a.shape.begin(), a.shape.end() - 2);
  for (int64_t size : sizes) shape.push_back(size);
  return shape;
}

// Seen the other way round.
Operand transposed(Operand a) {
  std::swap(a.shape.end()[-1], a.shape.end()[-2]);
  std::swap(a.strides.end()[-1], a.strides.end()[-2]);
  return a;
}

// A copy whose columns lie one after another.
Operand columns_first(const Operand& a, Recipe& recipe) {
  Operand copy = take_array(last_axes(a, {columns_of(a), rows_of(a)}), a.dtype, recipe);
  add_copy(transposed(a), copy, recipe);
  return copy;
}

class Maker {
 public:
  Maker(std::string_view name, const Launch& launch, Recipe& recipe)
      : name_(name), launch_(launch), recipe_(recipe), a_(launch.inputs[0]) {}

  void add() {
    if (is_small_decomposition(name_, launch_)) return add_small();
    if (name_ == "cholesky") return add_cholesky();
    if (name_ == "lu_factor") return add_lu();
    if (name_ == "det") return add_determinant();
    if (name_ == "qr") return add_qr();
    if (name_ == "svd" || name_ == "singular_values") return add_svd();
    if (name_ == "eigh" || name_ == "eigvalsh") return add_eigh();
    if (name_ == "solve" || name_ == "inv") return add_solve();
    add_triangular();
  }

 private:
  LibraryDecomposition work(Step step) const {
    return {.step = step,
            .dtype = a_.dtype,
            .count = matrix_count(a_),
            .rows = rows_of(a_),
            .columns = columns_of(a_)};
  }
  Operand take(std::initializer_list<int64_t> sizes, Dtype dtype) {
    return take_array(last_axes(a_, sizes), dtype, recipe_);
  }
  // A list, one for each matrix.
  Operand list(int64_t size, Dtype dtype) { return take({size}, dtype); }
  Operand numbers() { return take({}, Dtype::int32); }
  // An output, or memory for one that nobody reads.
  Operand result(size_t i) {
    const Operand& out = launch_.outputs[i];
    return out.used ? out : take_array(out.shape, out.dtype, recipe_);
  }
  std::string sentence(const char* what) const { return fmt::format("{}: {}", name_, what); }
  std::string singular() const { return sentence("a matrix is singular"); }
  std::string not_definite() const { return sentence("a matrix is not positive definite"); }

  void call(LibraryDecomposition work, std::vector<Pointer> pointers) {
    add_call(work, std::move(pointers), recipe_);
  }

  void add_small() {
    const Operand a = row_major_of(a_, recipe_);
    if (name_ == "cholesky") {
      add_small_cholesky(a, result(0), add_sentence(not_definite(), recipe_), recipe_);
    } else if (name_ == "lu_factor") {
      add_small_lu(a, result(0), result(1), result(2), recipe_);
    } else if (name_ == "det") {
      add_small_determinants(a, result(0), result(1), result(2), recipe_);
    } else {
      const Operand b = row_major_of(launch_.inputs[1], recipe_);
      if (name_ == "solve" || name_ == "inv") {
        add_small_solve(a, b, result(0), add_sentence(singular(), recipe_), recipe_);
      } else {
        add_small_triangular(a, b, result(0), name_ == "solve_upper", recipe_);
      }
    }
  }

  // In the result's place: what the library sees is transposed, so the upper triangle is the lower.
  void add_cholesky() {
    const Operand out = result(0), info = numbers(), marks = numbers();
    add_copy(a_, out, recipe_);
    add_finite_marks(out, true, marks, recipe_);
    call(work(Step::cholesky), {result_at(out), result_at(info)});
    // The library stops at what is no number.
    add_info_check(info, &marks, not_definite(), recipe_);
    const int64_t n = rows_of(a_);
    add_move({.to = out,
              .from = out,
              .next = n * n,
              .row = n,
              .column = 1,
              .part = Part::lower,
              .marked = Marked::nans,
              .marks = marks},
             recipe_);
  }

  struct Factors {
    Operand lu, pivots, info;
  };
  Factors factors() {
    Factors f{columns_first(a_, recipe_), list(std::min(rows_of(a_), columns_of(a_)), Dtype::int64),
              numbers()};
    call(work(Step::lu), {result_at(f.lu), result_at(f.pivots), result_at(f.info)});
    return f;
  }

  void add_lu() {
    const Factors f = factors();
    add_copy(transposed(f.lu), result(0), recipe_);
    add_exchanges(f.pivots, rows_of(a_), result(1), result(2), recipe_);
  }

  void add_determinant() {
    const Factors f = factors();
    add_determinants(f.lu, f.pivots, launch_, recipe_);
  }

  void add_solve() {
    const Factors f = factors();
    add_info_check(f.info, nullptr, singular(), recipe_);
    const Operand b = columns_first(launch_.inputs[1], recipe_);
    LibraryDecomposition solve = work(Step::solve);
    solve.sides = columns_of(launch_.inputs[1]);
    call(solve, {pointer_to(f.lu), pointer_to(f.pivots), result_at(b)});
    add_copy(transposed(b), result(0), recipe_);
  }

  void add_triangular() {
    const Operand a = row_major_of(a_, recipe_), out = result(0);
    add_copy(launch_.inputs[1], out, recipe_);
    LibraryDecomposition solve = work(Step::triangular);
    solve.sides = columns_of(launch_.inputs[1]);
    solve.upper = name_ == "solve_upper";
    call(solve, {pointer_to(a), result_at(out)});
  }

  void add_qr() {
    const int64_t rows = rows_of(a_), columns = columns_of(a_), steps = std::min(rows, columns);
    const Operand a = columns_first(a_, recipe_), scales = list(steps, a_.dtype), info = numbers();
    call(work(Step::qr), {result_at(a), result_at(scales), result_at(info)});
    MatrixMove move{.to = launch_.outputs[1],
                    .from = a,
                    .next = rows * columns,
                    .row = 1,
                    .column = rows,
                    .part = Part::upper};
    if (move.to.used) add_move(move, recipe_);
    if (!launch_.outputs[0].used) return;
    call(work(Step::q), {result_at(a), pointer_to(scales)});
    move.to = launch_.outputs[0];
    move.part = Part::all;
    add_move(move, recipe_);
  }

  // Matrices of which the columns (of a `wide` one the rows) lie one after another, with zeros in
  // the place of those that have numbers which are not finite, and marks for these.
  struct Guarded {
    Operand a, marks;
  };
  Guarded guarded(bool lower, bool wide) {
    const Operand given = row_major_of(a_, recipe_);
    const int64_t rows = rows_of(a_), columns = columns_of(a_);
    Guarded g{wide ? take({rows, columns}, a_.dtype) : take({columns, rows}, a_.dtype), numbers()};
    add_finite_marks(given, lower, g.marks, recipe_);
    add_move({.to = g.a,
              .from = given,
              .next = rows * columns,
              .row = wide ? columns : 1,
              .column = wide ? 1 : columns,
              .marked = Marked::zeros,
              .marks = g.marks},
             recipe_);
    return g;
  }

  // Output `i`, square matrices or lists: NaN where there are marks.
  void give(size_t i, const Operand& from, bool by_columns, const Operand& marks) {
    Operand to = launch_.outputs[i];
    if (!to.used) return;
    if (is_list(i)) {
      to.shape.insert(to.shape.end() - 1, 1);
      to.strides = row_major_strides(to.shape);
    }
    const int64_t size = columns_of(to);
    add_move({.to = to,
              .from = from,
              .next = rows_of(to) * size,
              .row = by_columns ? 1 : size,
              .column = by_columns ? size : 1,
              .marked = Marked::nans,
              .marks = marks},
             recipe_);
  }
  bool is_list(size_t i) const { return launch_.outputs[i].shape.size() < a_.shape.size(); }

  void add_svd() {
    const bool wide = columns_of(a_) > rows_of(a_), vectors = name_ == "svd";
    const int64_t large = largest_side(a_), small = std::min(rows_of(a_), columns_of(a_));
    const Guarded g = guarded(false, wide);
    LibraryDecomposition svd = work(Step::svd);
    svd.rows = large;
    svd.columns = small;
    svd.vectors = vectors;
    const Operand s = list(small, real_type()), info = numbers();
    const Operand u = vectors ? take({large, large}, a_.dtype) : s;
    const Operand v = vectors ? take({small, small}, a_.dtype) : s;
    call(svd, {result_at(g.a), result_at(s), result_at(u), result_at(v), result_at(info)});
    add_info_check(info, nullptr, "svd: the singular values of a matrix were not found", recipe_);
    give(0, s, false, g.marks);
    if (!vectors) return;
    // Of the transposed matrix these are each other's transposed.
    give(1, wide ? v : u, !wide, g.marks);
    give(2, wide ? u : v, !wide, g.marks);
  }

  void add_eigh() {
    const Guarded g = guarded(true, false);
    LibraryDecomposition eigh = work(Step::eigh);
    eigh.vectors = name_ == "eigh";
    const Operand values = list(rows_of(a_), real_type()), info = numbers();
    call(eigh, {result_at(g.a), result_at(values), result_at(info)});
    add_info_check(info, nullptr, sentence("the eigenvalues of a matrix were not found"), recipe_);
    give(0, values, false, g.marks);
    if (eigh.vectors) give(1, g.a, true, g.marks);
  }

  Dtype real_type() const { return a_.dtype == Dtype::complex64 ? Dtype::float32 : a_.dtype; }

  const std::string_view name_;
  const Launch& launch_;
  Recipe& recipe_;
  const Operand& a_;
};

}  // namespace

bool is_small_decomposition(std::string_view name, const Launch& launch) {
  return is_one_of(with_kernels, name) && largest_side(launch.inputs[0]) <= most_small_side;
}

bool can_run_decomposition(std::string_view name, const Launch& launch) {
  if (!is_one_of(with_kernels, name) && !is_one_of(by_library_alone, name)) return false;
  if (is_small_decomposition(name, launch)) return true;
  const Operand& a = launch.inputs[0];
  if (name == "lu_factor" && rows_of(a) > most_exchanged_rows) return false;
  return worth_solver(name, a);
}

void add_decomposition(std::string_view name, const Launch& launch, Recipe& recipe) {
  Maker(name, launch, recipe).add();
}

}  // namespace lazulite::cuda
