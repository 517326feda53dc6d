// Where the intermediate results of launches lie that may run side by side.
#include "lazulite/program/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace lazulite {
namespace {

TEST(LayOut, AChainUsesTheSameMemoryAgain) {
  // 0 -> 1 -> 2 -> 3, each block written by one and read by the next.
  const Before before = {{false, false, false, false},
                         {true, false, false, false},
                         {true, true, false, false},
                         {true, true, true, false}};
  std::vector<Block> blocks = {{100, {0, 1}}, {100, {1, 2}}, {100, {2, 3}}};
  EXPECT_EQ(lay_out(blocks, before), 256u);
  EXPECT_EQ(blocks[0].offset, 0u);
  EXPECT_EQ(blocks[1].offset, 128u);
  EXPECT_EQ(blocks[2].offset, 0u);
}

TEST(LayOut, WhatDoesNotDependOnEachOtherLiesApart) {
  // 2 and 3 need nothing of 0 and 1.
  const Before before = {{false, false, false, false},
                         {true, false, false, false},
                         {false, false, false, false},
                         {false, false, true, false}};
  std::vector<Block> blocks = {{64, {0, 1}}, {64, {2, 3}}};
  EXPECT_EQ(lay_out(blocks, before), 128u);
}

TEST(LayOut, TakesTheSmallestGapThatFits) {
  // Of three blocks side by side, two have ended before 3.
  const Before before = {{false, false, false, false},
                         {false, false, false, false},
                         {false, false, false, false},
                         {true, false, true, false}};
  std::vector<Block> blocks = {{256, {0}}, {64, {1}}, {128, {2}}, {64, {1}}, {100, {3}}};
  lay_out(blocks, before);
  EXPECT_EQ(blocks[4].offset, blocks[2].offset);
}

TEST(LayOut, GivesMemoryOnOnlyToThoseWhoComeBehindAllUsers) {
  std::mt19937 generator(0);
  for (int round = 0; round < 100; ++round) {
    constexpr size_t launches = 20;
    Before before(launches, std::vector<bool>(launches));
    for (size_t i = 1; i < launches; ++i) {
      for (size_t k = 0; k < i; ++k) {
        if (generator() % 5 != 0) continue;
        before[i][k] = true;
        for (size_t j = 0; j < k; ++j) before[i][j] = before[i][j] || before[k][j];
      }
    }
    std::vector<Block> blocks;
    for (size_t i = 0; i < launches; ++i) {
      Block block{generator() % 1000, {i}};
      for (size_t k = i + 1; k < launches; ++k) {
        if (before[k][i] && generator() % 3 == 0) block.users.push_back(k);
      }
      blocks.push_back(block);
    }
    const size_t bytes = lay_out(blocks, before);
    for (size_t later = 0; later < blocks.size(); ++later) {
      const Block& b = blocks[later];
      EXPECT_EQ(b.offset % 64, 0u);
      EXPECT_LE(b.offset + b.bytes, bytes);
      for (size_t earlier = 0; earlier < later; ++earlier) {
        const Block& a = blocks[earlier];
        if (a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset) continue;
        EXPECT_TRUE(std::all_of(a.users.begin(), a.users.end(),
                                [&](size_t user) { return before[b.users.front()][user]; }));
      }
    }
  }
}

}  // namespace
}  // namespace lazulite
