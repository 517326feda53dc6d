#include "lazulite/backends/cuda/runtime/executable.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "lazulite/backends/cuda/kernels/copies.h"
#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/backends/cuda/runtime/convolution.h"
#include "lazulite/backends/cuda/runtime/fourier.h"
#include "lazulite/backends/cuda/runtime/graph.h"
#include "lazulite/backends/cuda/runtime/kernel.h"
#include "lazulite/backends/cuda/runtime/ranges.h"
#include "lazulite/backends/cuda/runtime/solver.h"
#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

constexpr size_t most_compilers = 8;
// Graphs of one segment with different addresses: of arrays that take turns.
constexpr size_t most_graphs = 4;
// Captures that may go unused before it is believed that addresses do not come again.
constexpr uint64_t most_vain_captures = 8;
constexpr size_t least_steps_of_graph = 2;
// Kernels that are given new addresses rather than that a graph is made.
constexpr size_t most_moved = 16;

bool graphs_enabled() {
  // Of a graph's kernels no range would say what they compute.
  static const bool enabled = environment_switch("LAZULITE_CUDA_GRAPHS", true) && !ranges_enabled();
  return enabled;
}

// Compiles texts, several at a time.
void load_all(const DeviceInfo& device, const std::vector<const KernelText*>& texts) {
  if (texts.size() < 2) return;
  const size_t count = std::min(
      {texts.size(), most_compilers, static_cast<size_t>(std::thread::hardware_concurrency())});
  std::atomic<size_t> next{0};
  auto work = [&] {
    try {
      for (size_t i; (i = next++) < texts.size();)
        load_kernel(device, texts[i]->name, texts[i]->source);
    } catch (...) {
      // Whoever asks for that text will be told.
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

LibraryCallPtr call_of(const DeviceInfo& device, const LibraryWork& work) {
  if (const auto* convolution = std::get_if<LibraryConvolution>(&work)) {
    return convolution_call(device, *convolution);
  }
  if (const auto* transform = std::get_if<LibraryTransform>(&work)) {
    return fourier_call(device, *transform);
  }
  return solver_call(device, std::get<LibraryDecomposition>(work));
}

// An edge along which the second kernel may start before the first has ended.
void add_early_edge(CUgraph graph, CUgraphNode from, CUgraphNode to) {
#if CUDA_VERSION >= 12030
  using Function =
      CUresult (*)(CUgraph, const CUgraphNode*, const CUgraphNode*, const CUgraphEdgeData*, size_t);
  CUgraphEdgeData edge{};
  edge.from_port = CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC;
  edge.type = CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC;
  check(reinterpret_cast<Function>(driver().add_edges)(graph, &from, &to, &edge, 1),
        "describing a graph");
#else
  (void)graph, (void)from, (void)to;
#endif
}

}  // namespace

CudaExecutable::CudaExecutable(const DeviceInfo& device, DeviceMemory& memory,
                               std::span<const Launch> segment)
    : device_(device), memory_(memory), segment_(segment) {
  refuse_forked_child();
  device_.make_current();
  Recipe recipe;
  recipe.has_library = matmul_library_available();
  recipe.rounds_to_tf32 = rounds_to_tf32();
  recipe.plan = [&](const LibraryWork& work) { return call_of(device_, work); };
  for (size_t i = 0; i < segment.size(); ++i) {
    const Launch& launch = segment[i];
    const auto place = static_cast<uint32_t>(i);
    if (i + 1 < segment.size() && add_with_next(launch, segment[i + 1], recipe)) {
      ++i;
    } else if (launch.fused) {
      add_fused(launch, recipe);
    } else {
      add_primitive(launch, recipe);
    }
    if (ranges_enabled()) launches_of_steps_.resize(recipe.steps.size(), place);
  }
  add_steps(std::move(recipe));
}

CudaExecutable::~CudaExecutable() {
  leave();
  drop_graphs();
  if (workspace_) memory_.release(workspace_, workspace_bytes_);
}

void CudaExecutable::add_steps(Recipe recipe) {
  std::unordered_set<std::string_view> seen;
  std::vector<const KernelText*> texts;
  for (const auto& step : recipe.steps) {
    const auto* text = std::get_if<KernelText>(&step);
    if (text && seen.insert(text->source).second) texts.push_back(text);
  }
  load_all(device_, texts);
  checks_ = std::move(recipe.checks);
  for (auto& step : recipe.steps) {
    const size_t first = pointers_.size();
    if (auto* text = std::get_if<KernelText>(&step)) {
      add_step(std::move(*text));
    } else if (auto* product = std::get_if<MatrixProduct>(&step)) {
      MatmulCall call(device_, *product);
      const Pointer workspace = recipe.take_workspace(call.workspace_bytes());
      for (const Pointer& pointer :
           {product->a.at, product->b.at, product->c.at, workspace.as_result()}) {
        pointers_.push_back(pointer);
      }
      steps_.push_back({first, pointers_.size() - first, std::move(call)});
    } else {
      auto& [call, pointers] = std::get<PlannedCall>(step);
      const Pointer workspace = recipe.take_workspace(call->workspace_bytes());
      pointers_.insert(pointers_.end(), pointers.begin(), pointers.end());
      pointers_.push_back(workspace.as_result());
      can_be_captured_ &= call->can_be_captured();
      steps_.push_back({first, pointers_.size() - first, std::move(call)});
    }
  }
  add_bases();
  if (recipe.workspace_bytes > 0) {
    workspace_ = memory_.allocate(recipe.workspace_bytes);
    workspace_bytes_ = recipe.workspace_bytes;
  }
}

void CudaExecutable::add_step(KernelText text) {
  const size_t first = pointers_.size();
  pointers_.insert(pointers_.end(), text.pointers.begin(), text.pointers.end());
  // A struct ends where its strictest member would.
  text.constants.resize((text.constants.size() + 7) / 8 * 8);
  KernelCall call{load_kernel(device_, text.name, text.source),
                  {text.grid[0], text.grid[1], text.grid[2]},
                  text.block,
                  text.shared_bytes,
                  std::move(text.constants)};
  if (call.shared_bytes > 0) {
    check(
        driver().cuFuncSetAttribute(call.function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                    static_cast<int>(call.shared_bytes)),
        "giving a kernel its shared memory");
  }
  steps_.push_back({first, text.pointers.size(), std::move(call)});
}

void CudaExecutable::run(const Arguments&) {
  throw Error("cuda: this backend queues its work and does not run it at once");
}

void CudaExecutable::resolve(std::span<void* const> slots, const StreamPlaces& places) {
  addresses_.resize(pointers_.size());
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Pointer& pointer = pointers_[i];
    void* base = pointer.kind == Pointer::Kind::slot        ? slots[pointer.slot]
                 : pointer.kind == Pointer::Kind::workspace ? workspace_
                 : pointer.kind == Pointer::Kind::twin      ? memory_.twin_of(slots[pointer.slot])
                                                            : static_cast<void*>(places.status);
    addresses_[i] = static_cast<std::byte*>(base) + pointer.offset;
  }
}

void CudaExecutable::launch(CUstream stream, std::span<void* const> slots,
                            const StreamPlaces& places) {
  std::lock_guard lock(graphs_mutex_);
  note_use();
  if (wishes_->load(std::memory_order_relaxed) & ~handed_) hand_results();
  resolve(slots, places);
  ++runs_;
  note_results(slots, false);
  if (Graph* graph = graph_for_addresses(places)) {
    graph->used = runs_;
    check(driver().cuGraphLaunch(graph->graph, stream), "launching a graph");
    ++*device_.submissions;
  } else {
    launch_steps(stream);
    *device_.submissions += steps_.size();
  }
  if (handed_) note_results(slots, true);
}

// Adds the step that hands the results over that the host has had to fetch.
void CudaExecutable::hand_results() {
  std::vector<SmallResult> results;
  handed_ = wishes_->load();
  for (size_t i = 0; i < small_slots_.size() && i < 64; ++i) {
    const SmallSlot& small = small_slots_[i];
    if (!(handed_ >> i & 1) || small.bytes == 0) continue;
    if (results.size() < most_handed) results.push_back({small.slot, small.bytes});
  }
  drop_graphs();
  if (hands_results_) {
    pointers_.resize(steps_.back().first_address);
    steps_.pop_back();
  }
  hands_results_ = !results.empty();
  if (hands_results_) add_step(results_text(results));
}

// Tells the memory which small blocks the run writes; with `handed`, which go to their twins.
void CudaExecutable::note_results(std::span<void* const> slots, bool handed) {
  std::vector<DeviceMemory::Written>& written = written_;
  written.clear();
  size_t count = 0;
  for (size_t i = 0; i < small_slots_.size(); ++i) {
    const SmallSlot& small = small_slots_[i];
    const bool in_twin = i < 64 && handed_ >> i & 1 && small.bytes > 0 && count < most_handed;
    if (in_twin) ++count;
    if (handed && !in_twin) continue;
    written.push_back({slots[small.slot], handed ? small.bytes : 0, static_cast<int>(i % 64)});
  }
  memory_.note_written(written, wishes_);
}

std::vector<void*> CudaExecutable::arguments_of(const Step& step, KernelCall& call) {
  std::vector<void*> arguments;
  for (size_t i = 0; i < step.address_count; ++i) {
    arguments.push_back(&addresses_[step.first_address + i]);
  }
  if (!call.constants.empty()) arguments.push_back(call.constants.data());
  return arguments;
}

void CudaExecutable::launch_steps(CUstream stream) {
  for (size_t i = 0; i < steps_.size(); ++i) {
    std::optional<LaunchRange> range;
    if (i < launches_of_steps_.size()) {
      const uint32_t place = launches_of_steps_[i];
      range.emplace(segment_[place], place);
    }
    launch_step(steps_[i], stream);
  }
}

void CudaExecutable::launch_step(Step& step, CUstream stream) {
  void* const* addresses = addresses_.data() + step.first_address;
  if (auto* matmul = std::get_if<MatmulCall>(&step.call)) {
    matmul->launch(stream, addresses[0], addresses[1], addresses[2], addresses[3]);
    return;
  }
  if (auto* library = std::get_if<LibraryCallPtr>(&step.call)) {
    (*library)->launch(stream, addresses);
    return;
  }
  auto& call = std::get<KernelCall>(step.call);
  std::vector<void*> arguments = arguments_of(step, call);
  check(driver().cuLaunchKernel(call.function, call.grid[0], call.grid[1], call.grid[2], call.block,
                                1, 1, call.shared_bytes, stream, arguments.data(), nullptr),
        "launching a kernel");
}

void CudaExecutable::add_bases() {
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Pointer& p = pointers_[i];
    auto base = std::find_if(bases_.begin(), bases_.end(), [&](const Base& known) {
      return known.kind == p.kind && known.slot == p.slot;
    });
    if (base == bases_.end()) {
      bases_.push_back(
          {p.kind, p.slot, p.offset + p.first, p.offset + p.last, i, !p.written, p.written});
    } else {
      base->first = std::min(base->first, p.offset + p.first);
      base->last = std::max(base->last, p.offset + p.last);
      base->read |= !p.written;
      base->written |= p.written;
    }
  }
  for (const Base& base : bases_) {
    if (base.kind != Pointer::Kind::slot || !base.written) continue;
    if (base.last > static_cast<int64_t>(SmallBlocks::most_bytes)) continue;
    const bool result = !base.read && base.first == 0;
    small_slots_.push_back({base.slot, result ? static_cast<size_t>(base.last) : 0});
  }
}

Sharing CudaExecutable::sharing() const {
  std::vector<Region> regions;
  for (const Base& base : bases_) {
    const auto address = reinterpret_cast<intptr_t>(addresses_[base.pointer]);
    const intptr_t start = address - pointers_[base.pointer].offset;
    regions.push_back({start, start + base.first, start + base.last});
  }
  return sharing_of(regions);
}

// Gives a graph the addresses of this run; false where it would have to be another one.
bool CudaExecutable::move_graph(Graph& graph) {
  std::vector<size_t> moved;
  for (size_t i = 0; i < steps_.size(); ++i) {
    const auto first = static_cast<ptrdiff_t>(steps_[i].first_address);
    const auto last = first + static_cast<ptrdiff_t>(steps_[i].address_count);
    if (std::equal(addresses_.begin() + first, addresses_.begin() + last,
                   graph.addresses.begin() + first)) {
      continue;
    }
    if (!std::holds_alternative<KernelCall>(steps_[i].call)) return false;
    moved.push_back(i);
  }
  if (moved.size() > most_moved || graph.sharing != sharing()) return false;
  for (size_t i : moved) {
    auto& call = std::get<KernelCall>(steps_[i].call);
    std::vector<void*> arguments = arguments_of(steps_[i], call);
    const CUDA_KERNEL_NODE_PARAMS node = node_of(call, arguments);
    check(driver().cuGraphExecKernelNodeSetParams(graph.graph, graph.nodes[i], &node),
          "changing a graph");
  }
  graph.addresses = addresses_;
  return true;
}

// The graph that does what the steps would; null where there is none and none is worth making.
CudaExecutable::Graph* CudaExecutable::graph_for_addresses(const StreamPlaces& places) {
  if (runs_ < 2 || steps_.size() < least_steps_of_graph) return nullptr;
  if (!can_be_captured_ || !graphs_enabled()) return nullptr;
  for (Graph& graph : graphs_) {
    if (graph.addresses != addresses_) continue;
    ++replays_;
    return &graph;
  }
  std::sort(graphs_.begin(), graphs_.end(),
            [](const Graph& a, const Graph& b) { return a.used < b.used; });
  for (Graph& graph : graphs_) {
    // A few sets of addresses that take turns have graphs of their own.
    if (graphs_.size() < most_graphs || !move_graph(graph)) continue;
    ++replays_;
    return &graph;
  }
  if (captures_ >= most_vain_captures + replays_) return nullptr;
  ++captures_;
  if (graphs_.size() == most_graphs) {
    destroy(graphs_.front());
    graphs_.erase(graphs_.begin());
  }
  std::vector<CUgraphNode> nodes;
  CUgraph described = nullptr;
  CUgraphExec made = nullptr;
  // A driver that does not take early edges where they are may take others.
  for (bool early : {true, false}) {
    if (early && !starts_early(device_)) continue;
    described = describe(places, early, nodes);
    const CUresult result = driver().cuGraphInstantiate(&made, described, 0);
    if (result == CUDA_SUCCESS) break;
    driver().cuGraphDestroy(described);
    if (!early) check(result, "making a graph");
  }
  make_room(nodes.size());
  graphs_.push_back({addresses_, sharing(), made, described, std::move(nodes), runs_});
  return &graphs_.back();
}

// The driver frees it when its last launch has ended.
void CudaExecutable::destroy(Graph& graph) {
  driver().cuGraphExecDestroy(graph.graph);
  driver().cuGraphDestroy(graph.described);
  give_up(graph.nodes.size());
}

void CudaExecutable::drop_graphs() {
  for (Graph& graph : graphs_) destroy(graph);
  graphs_.clear();
}

CUDA_KERNEL_NODE_PARAMS CudaExecutable::node_of(KernelCall& call,
                                                std::vector<void*>& arguments) const {
  CUDA_KERNEL_NODE_PARAMS node{};
  node.func = call.function;
  node.gridDimX = call.grid[0];
  node.gridDimY = call.grid[1];
  node.gridDimZ = call.grid[2];
  node.blockDimX = call.block;
  node.blockDimY = node.blockDimZ = 1;
  node.sharedMemBytes = call.shared_bytes;
  node.kernelParams = arguments.data();
  return node;
}

// Steps wait for those whose results they need, or whose memory they take: branches of the program
// run side by side.
CUgraph CudaExecutable::describe(const StreamPlaces& places, bool early,
                                 std::vector<CUgraphNode>& nodes) {
  std::vector<std::vector<Touched>> touched(steps_.size());
  for (size_t i = 0; i < steps_.size(); ++i) {
    for (size_t k = 0; k < steps_[i].address_count; ++k) {
      const size_t at = steps_[i].first_address + k;
      const Pointer& pointer = pointers_[at];
      const auto start = reinterpret_cast<intptr_t>(addresses_[at]);
      touched[i].push_back({static_cast<uintptr_t>(start + pointer.first),
                            static_cast<uintptr_t>(start + pointer.last), pointer.written});
    }
  }
  CUgraph graph = nullptr;
  check(driver().cuGraphCreate(&graph, 0), "describing a graph");
  try {
    nodes.resize(steps_.size());
    std::vector<std::vector<size_t>> needed = dependencies(touched);
    join_early(needed);
    for (size_t i : longest_first(needed)) {
      auto* call = std::get_if<KernelCall>(&steps_[i].call);
      std::vector<CUgraphNode> ended, started;
      for (size_t step : needed[i]) {
        const bool kernels = call && std::holds_alternative<KernelCall>(steps_[step].call);
        (early && kernels ? started : ended).push_back(nodes[step]);
      }
      if (call) {
        std::vector<void*> arguments = arguments_of(steps_[i], *call);
        const CUDA_KERNEL_NODE_PARAMS node = node_of(*call, arguments);
        check(driver().cuGraphAddKernelNode(&nodes[i], graph, ended.data(), ended.size(), &node),
              "describing a graph");
      } else {
        CUgraph captured = capture(steps_[i], places);
        const CUresult result = driver().cuGraphAddChildGraphNode(&nodes[i], graph, ended.data(),
                                                                  ended.size(), captured);
        driver().cuGraphDestroy(captured);
        check(result, "describing a graph");
      }
      for (CUgraphNode before : started) add_early_edge(graph, before, nodes[i]);
    }
  } catch (...) {
    driver().cuGraphDestroy(graph);
    throw;
  }
  return graph;
}

// What a library launches, as a graph of its own.
CUgraph CudaExecutable::capture(Step& step, const StreamPlaces& places) {
  CUstream stream = places.capture_stream();
  check(driver().cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED), "capturing a graph");
  CUgraph captured = nullptr;
  try {
    launch_step(step, stream);
  } catch (...) {
    driver().cuStreamEndCapture(stream, &captured);
    if (captured) driver().cuGraphDestroy(captured);
    throw;
  }
  check(driver().cuStreamEndCapture(stream, &captured), "capturing a graph");
  return captured;
}

}  // namespace lazulite::cuda
