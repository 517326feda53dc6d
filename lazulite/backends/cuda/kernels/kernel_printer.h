#pragma once

#include <string>

#include "lazulite/backends/cuda/kernels/epilogue.h"
#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/backends/cuda/kernels/rows.h"

namespace lazulite::cuda {

/// Prints the text of a fused kernel.
class KernelPrinter {
 public:
  /// One sweep over joined axes, `width` neighbours a thread. With `in_place`, nothing is stored
  /// once the run has failed.
  KernelPrinter(const Launch& launch, Joined axes, int width, bool in_place)
      : launch_(launch),
        kernel_(*launch.fused),
        stays_(std::move(axes)),
        width_(width),
        in_place_(in_place) {}
  /// A reduction, with the axes that stay and those that are folded.
  KernelPrinter(const Launch& launch, Joined stays, Joined folds, bool in_place)
      : launch_(launch),
        kernel_(*launch.fused),
        stays_(std::move(stays)),
        folds_(std::move(folds)),
        in_place_(in_place) {}

  std::string elementwise();
  /// The same for one element at a time, of which input `given` is known.
  void print_epilogue(size_t given, Epilogue& epilogue);
  std::string reduction(int tx, int ty, bool columns, bool in_parts);
  /// Folds the parts' results.
  std::string last_reduction();

 private:
  template <class... Args>
  void line(const char* format, Args&&... args);
  std::string operand_name(size_t index) const;
  Dtype operand_dtype(size_t index) const;
  size_t swept() const { return launch_.inputs.size() + kernel_.stores.size(); }
  void parameters(const std::string& constants, const std::vector<std::string>& outputs);
  void coordinates(const Joined& axes, const char* prefix, const std::string& number);
  std::string place(size_t operand, bool folded, bool to_inner) const;
  void load_vector(size_t input);
  void store_vector(size_t output);
  void operations(const char* indent);
  void fold_tree(size_t reduction, const std::string& row, int stride, const std::string& alive,
                 int ty);
  std::string result_of(size_t reduction) const;
  Fold fold(size_t reduction) const {
    return fold_of(kernel_.reductions[reduction].op,
                   kernel_.register_dtype(kernel_.reductions[reduction].input));
  }

  const Launch& launch_;
  const FusedKernel& kernel_;
  Joined stays_, folds_;
  int width_ = 1;
  bool in_place_;
  std::string text_;
};

}  // namespace lazulite::cuda
