#include "lazulite/backends/cuda/runtime/graph_owner.h"

#include <algorithm>
#include <vector>

namespace lazulite::cuda {

struct GraphOwner::All {
  std::mutex mutex;
  std::vector<GraphOwner*> owners;  // that may have graphs
  std::atomic<size_t> nodes{0};
  std::atomic<uint64_t> clock{0};
};

// Never destroyed: owners may live as long as the process.
GraphOwner::All& GraphOwner::all() {
  static auto* instance = new All;
  return *instance;
}

void GraphOwner::note_use() { used_.store(++all().clock, std::memory_order_relaxed); }

void GraphOwner::make_room(size_t nodes) {
  All& a = all();
  std::lock_guard lock(a.mutex);
  if (std::find(a.owners.begin(), a.owners.end(), this) == a.owners.end()) {
    a.owners.push_back(this);
  }
  a.nodes += nodes;
  if (a.nodes <= most_nodes) return;
  std::vector<GraphOwner*> oldest;
  for (GraphOwner* owner : a.owners) {
    if (owner != this) oldest.push_back(owner);
  }
  std::sort(oldest.begin(), oldest.end(), [](const GraphOwner* x, const GraphOwner* y) {
    return x->used_.load(std::memory_order_relaxed) < y->used_.load(std::memory_order_relaxed);
  });
  for (GraphOwner* owner : oldest) {
    if (a.nodes <= most_nodes) return;
    // One that runs just now keeps what it has.
    std::unique_lock theirs(owner->graphs_mutex_, std::try_to_lock);
    if (!theirs) continue;
    owner->drop_graphs();
    std::erase(a.owners, owner);
  }
}

void GraphOwner::give_up(size_t nodes) { all().nodes -= nodes; }

void GraphOwner::leave() {
  All& a = all();
  std::lock_guard lock(a.mutex);
  std::erase(a.owners, this);
}

}  // namespace lazulite::cuda
