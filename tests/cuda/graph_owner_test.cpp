#include "lazulite/backends/cuda/runtime/graph_owner.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace lazulite::test {
namespace {

class Owner final : public cuda::GraphOwner {
 public:
  ~Owner() override {
    leave();
    drop_graphs();
  }
  void run(size_t new_nodes) {
    std::lock_guard lock(graphs_mutex_);
    note_use();
    if (new_nodes == 0) return;
    make_room(new_nodes);
    nodes_ += new_nodes;
  }
  // Beside a run of this one, which keeps it locked meanwhile.
  template <class Function>
  void during_run(const Function& function) {
    std::lock_guard lock(graphs_mutex_);
    std::thread(function).join();
  }
  size_t nodes() const { return nodes_; }

 private:
  void drop_graphs() override {
    give_up(nodes_);
    nodes_ = 0;
  }
  size_t nodes_ = 0;
};

constexpr size_t half = cuda::GraphOwner::most_nodes / 2;

TEST(GraphOwner, GivesWayToOthersWhenItHasNotRunForLongest) {
  Owner first, second, third;
  first.run(half);
  second.run(half);
  first.run(0);
  third.run(half);
  EXPECT_EQ(first.nodes(), half);
  EXPECT_EQ(second.nodes(), 0);
  EXPECT_EQ(third.nodes(), half);
  // What was given up counts no more.
  third.run(0);
  second.run(half);
  EXPECT_EQ(first.nodes(), 0);
  EXPECT_EQ(third.nodes(), half);
}

TEST(GraphOwner, KeepsWhatItUsesAndWhatIsTooLarge) {
  Owner running, idle, large;
  running.run(half);
  idle.run(half);
  running.during_run([&] { large.run(2 * half); });
  EXPECT_EQ(running.nodes(), half);
  EXPECT_EQ(idle.nodes(), 0);
  EXPECT_EQ(large.nodes(), 2 * half);
}

TEST(GraphOwner, CountsNothingThatIsGone) {
  for (int i = 0; i < 100; ++i) Owner().run(half);
  Owner first, second;
  first.run(half);
  second.run(half);
  EXPECT_EQ(first.nodes(), half);
}

}  // namespace
}  // namespace lazulite::test
