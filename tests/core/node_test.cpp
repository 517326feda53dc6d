#include "lazulite/core/node.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lazulite/core/may_fail.h"
#include "lazulite/ops/ops.h"

namespace lazulite {
namespace {

// An evaluation of one node, as this thread goes through it step by step.
class NodeLife : public testing::Test {
 protected:
  void claim() {
    std::lock_guard lock(graph_mutex());
    node_.claim(run_);
  }
  void take_back() {
    {
      std::lock_guard lock(graph_mutex());
      node_.unclaim();
    }
    run_->drop();
    run_ = make_event(false);
  }
  void bind() {
    {
      std::lock_guard lock(graph_mutex());
      node_.outputs[0].buffer = BufferPtr(new Buffer(8));
    }
    run_->set_bound();
  }

  Array array_ = ones({2}) + 1;
  Node& node_ = *array_.node();
  EventPtr run_ = make_event(false);
};

TEST_F(NodeLife, BeginsWithoutAnEvent) {
  EXPECT_EQ(node_.event(), nullptr);
  EXPECT_FALSE(node_.arrived());
  EXPECT_FALSE(node_.wait_bound());
  EXPECT_FALSE(node_.wait());
}

TEST_F(NodeLife, IsNotOverWhereTheRunIsDoneBeforeItsResultsAreBound) {
  claim();
  run_->finish();
  EXPECT_EQ(node_.event(), run_);
  EXPECT_FALSE(node_.arrived());
  EXPECT_EQ(node_.state(), Node::State::scheduled);
  bind();
  EXPECT_EQ(node_.event(), nullptr);
  EXPECT_EQ(node_.state(), Node::State::ready);
  EXPECT_TRUE(node_.arrived());
  EXPECT_TRUE(node_.wait_bound());
  EXPECT_TRUE(node_.wait());
}

TEST_F(NodeLife, IsNotOverWhereTheResultsAreBoundBeforeTheRunIsDone) {
  claim();
  bind();
  EXPECT_EQ(node_.event(), run_);
  EXPECT_FALSE(node_.arrived());
  EXPECT_TRUE(node_.wait_bound());
  run_->finish();
  EXPECT_TRUE(node_.arrived());
  EXPECT_EQ(node_.state(), Node::State::ready);
}

TEST_F(NodeLife, RemembersAFailure) {
  claim();
  bind();
  auto error = std::make_exception_ptr(std::runtime_error("no"));
  run_->finish(std::make_shared<Failure>(error, true));
  EXPECT_FALSE(node_.arrived());
  EXPECT_EQ(node_.event(), run_);
  EXPECT_THROW(node_.wait(), std::runtime_error);
  EXPECT_EQ(node_.state(), Node::State::scheduled);
}

// Whoever looks on finds no memory at any time.
TEST_F(NodeLife, IsNeverBoundWhileClaimsAreTakenBack) {
  std::atomic<int> looks{0}, found{0};
  std::jthread onlooker([&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      found += node_.wait_bound() ? 1 : 0;
      found += node_.wait() ? 1 : 0;
      found += node_.arrived() ? 1 : 0;
      ++looks;
    }
  });
  for (int i = 0; i < 20000 || looks < 1000; ++i) {
    claim();
    take_back();
  }
  onlooker.request_stop();
  onlooker.join();
  EXPECT_EQ(found, 0);
}

}  // namespace
}  // namespace lazulite
