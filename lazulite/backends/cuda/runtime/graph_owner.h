#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace lazulite::cuda {

/// Somebody who keeps graphs. The driver takes about 16 kilobytes of the host's memory for each
/// node, so the process keeps a limited number: where there would be more, those go whose owners
/// have not run for longest.
class GraphOwner {
 public:
  static constexpr size_t most_nodes = 1 << 13;

  GraphOwner() = default;
  GraphOwner(const GraphOwner&) = delete;
  GraphOwner& operator=(const GraphOwner&) = delete;
  virtual ~GraphOwner() = default;

 protected:
  /// Held while graphs are made, used or given up.
  std::mutex graphs_mutex_;

  /// Says that it runs now; holds its lock.
  void note_use();
  /// Says that it is about to have a graph of so many nodes; holds its lock.
  void make_room(size_t nodes);
  /// Says that it has given up graphs of so many nodes; holds its lock.
  void give_up(size_t nodes);
  /// From now on nobody asks it to give up graphs; for its destructor, without the lock.
  void leave();
  /// Gives up all graphs, by `give_up` too; its lock is held.
  virtual void drop_graphs() = 0;

 private:
  struct All;
  static All& all();
  std::atomic<uint64_t> used_{0};
};

}  // namespace lazulite::cuda
