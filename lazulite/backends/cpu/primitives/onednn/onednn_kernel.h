#pragma once

#ifdef LAZULITE_WITH_ONEDNN

#include <dnnl.hpp>
#include <functional>
#include <optional>
#include <vector>

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {

dnnl::engine& onednn_engine();

// oneDNN's name of the dtype; nothing where this machine does not compute it natively.
std::optional<dnnl::memory::data_type> onednn_dtype(Dtype dtype);

// Sums of products of bfloat16 are taken in pairs: with an odd number, oneDNN pairs the last one
// with whatever comes next in memory, times zero, which is no number if that is infinite.
inline bool sums_in_pairs(Dtype dtype, int64_t products) {
  return dtype != Dtype::bfloat16 || products % 2 == 0;
}

// An operand of a primitive of oneDNN.
struct OnednnArgument {
  int name = 0;  // DNNL_ARG_SRC, …
  Operand operand;
  dnnl::memory::desc user;    // as the operand lies in memory, or row-major if `packed`
  dnnl::memory::desc wanted;  // as the primitive wants it; reordered if that differs
  // Not every stride can be described to oneDNN: this copies the operand if it is not row-major.
  bool packed = false;
};

// One primitive of oneDNN with its operands. oneDNN divides the work when it makes a primitive, so
// there is one for each number of threads that the kernel is run with; each is made at the first
// run.
class OnednnKernel final : public Kernel {
 public:
  // What has to be known for a number of threads: called with OpenMP's number set.
  struct Recipe {
    dnnl::primitive_desc_base description;
    std::function<dnnl::primitive()> make;
    std::vector<OnednnArgument> arguments;  // inputs, then the output
  };
  explicit OnednnKernel(std::function<Recipe()> describe) : describe_(std::move(describe)) {}
  void run(void* const* slots) override;

 private:
  void execute(void* const* slots);

  // Where an operand is found at a run.
  struct Place {
    Operand operand;
    std::optional<RowMajorInput> packed;
    void* get(void* const* slots, const Scratch& scratch) const;
  };
  struct Direct {
    dnnl::memory memory;
    Place place;
  };
  struct Reorder {
    dnnl::reorder primitive;
    dnnl::memory from;
    dnnl::memory to;
    size_t scratch_offset;  // of the side that is not the user's
    Place place;
  };
  // A primitive ready to run.
  struct Ready {
    int threads;
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
    std::vector<Direct> direct;
    std::vector<Reorder> before;
    std::vector<Reorder> after;
    dnnl::memory scratchpad;
    size_t scratchpad_offset = 0;
    size_t scratch_bytes = 0;
  };
  Ready& ready();

  std::function<Recipe()> describe_;
  std::vector<std::unique_ptr<Ready>> ready_;
  dnnl::stream stream_{onednn_engine()};
};

// Throws oneDNN's error as one of ours.
[[noreturn]] void fail_onednn(const dnnl::error& error);

// Attributes with which primitives take their scratch from us.
dnnl::primitive_attr onednn_attributes();

// The kernel, if oneDNN takes the recipe and has more than its reference code for it; else null.
std::unique_ptr<Kernel> make_if_fast(std::function<OnednnKernel::Recipe()> describe);

}  // namespace lazulite::cpu

#endif
