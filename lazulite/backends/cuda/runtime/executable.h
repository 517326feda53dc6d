#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/backends/cuda/runtime/graph.h"
#include "lazulite/backends/cuda/runtime/graph_owner.h"
#include "lazulite/backends/cuda/runtime/library_call.h"
#include "lazulite/backends/cuda/runtime/matmul.h"
#include "lazulite/backends/cuda/runtime/memory.h"
#include "lazulite/backends/cuda/runtime/queue.h"
#include "lazulite/program/backend.h"

namespace lazulite::cuda {

/// A segment made ready: its kernels are loaded, and from the second run on with the same addresses
/// it is one launch of a CUDA graph.
class CudaExecutable final : public Executable, public Queued, private GraphOwner {
 public:
  CudaExecutable(const DeviceInfo& device, DeviceMemory& memory, std::span<const Launch> segment);
  ~CudaExecutable() override;

  void run(const Arguments& arguments) override;
  void launch(CUstream stream, std::span<void* const> slots, const StreamPlaces& places) override;
  size_t check_count() const override { return checks_.size(); }
  void reject(size_t number, int64_t index) const override { checks_[number](index); }

 private:
  struct KernelCall {
    CUfunction function;
    unsigned grid[3], block, shared_bytes;
    std::vector<std::byte> constants;
  };
  struct Step {
    size_t first_address, address_count;
    // A matmul's addresses: a, b, c, workspace; a library's call has its workspace last, too.
    std::variant<KernelCall, MatmulCall, LibraryCallPtr> call;
  };
  struct Graph {
    std::vector<void*> addresses;
    Sharing sharing;
    CUgraphExec graph = nullptr;
    CUgraph described = nullptr;     // what `nodes` belong to
    std::vector<CUgraphNode> nodes;  // of the steps
    uint64_t used = 0;
  };
  // Memory that pointers lie in, and the bytes of it that all of them touch.
  struct Base {
    Pointer::Kind kind;
    uint32_t slot;
    int64_t first, last;
    size_t pointer;  // one of them
    bool read, written;
  };
  // A slot that lies in a small block and is written.
  struct SmallSlot {
    uint32_t slot;
    size_t bytes;  // 0 unless it is a result that is written from its beginning and read by no step
  };
  void add_steps(Recipe recipe);
  void resolve(std::span<void* const> slots, const StreamPlaces& places);
  void launch_step(Step& step, CUstream stream);
  void launch_steps(CUstream stream);
  std::vector<void*> arguments_of(const Step& step, KernelCall& call);
  void add_bases();
  void add_step(KernelText text);
  void hand_results();
  void note_results(std::span<void* const> slots, bool handed);
  Sharing sharing() const;
  CUDA_KERNEL_NODE_PARAMS node_of(KernelCall& call, std::vector<void*>& arguments) const;
  Graph* graph_for_addresses(const StreamPlaces& places);
  bool move_graph(Graph& graph);
  void destroy(Graph& graph);
  void drop_graphs() override;
  CUgraph describe(const StreamPlaces& places, bool early, std::vector<CUgraphNode>& nodes);
  CUgraph capture(Step& step, const StreamPlaces& places);

  const DeviceInfo& device_;
  DeviceMemory& memory_;
  const std::span<const Launch> segment_;
  std::vector<uint32_t> launches_of_steps_;  // places in the segment; only where ranges are enabled
  std::vector<Step> steps_;
  std::vector<Pointer> pointers_;
  std::vector<Base> bases_;
  std::vector<Recipe::Check> checks_;
  void* workspace_ = nullptr;
  size_t workspace_bytes_ = 0;
  std::vector<void*> addresses_;  // of pointers_, in the run that is being launched
  std::vector<Graph> graphs_;
  bool can_be_captured_ = true;
  uint64_t runs_ = 0, captures_ = 0, replays_ = 0;
  // What the host has read of small results goes to pinned memory with the runs from then on.
  std::vector<SmallSlot> small_slots_;
  const std::shared_ptr<Wishes> wishes_ = std::make_shared<Wishes>(0);  // bits of small_slots_
  uint64_t handed_ = 0;
  bool hands_results_ = false;  // by the last step
  std::vector<DeviceMemory::Written> written_;
};

}  // namespace lazulite::cuda
