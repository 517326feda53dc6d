#pragma once

#include <cuda.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace lazulite::cuda {

/// Which results of its runs the host has read and had to fetch: a bit for each of an executable's
/// first 64 small ones.
using Wishes = std::atomic<uint64_t>;

/// Small blocks of device memory. They are parts of slabs, each of which has as much pinned memory
/// beside it: a block's twin is as far in there, and a run may write its results there as well.
class SmallBlocks {
 public:
  static constexpr size_t most_bytes = 4096, granularity = 512;
  static constexpr size_t slab_bytes = size_t{256} << 10;

  void add_slab(CUdeviceptr device, void* host);
  /// A new block; 0 where no slab has room.
  CUdeviceptr carve(size_t bytes);
  bool holds(CUdeviceptr pointer) const { return find(pointer) != nullptr; }
  void take(CUdeviceptr pointer) { ++find(pointer)->live; }
  void give(CUdeviceptr pointer) { --find(pointer)->live; }

  /// The pinned memory of a block; null for other pointers.
  void* twin_of(const void* pointer) const;
  /// Somebody writes the block. Its first `bytes` bytes will be in the twin, too; who reads more
  /// sets bit `bit` of `wishes`, unless that is null.
  void note_written(const void* pointer, size_t bytes, const std::shared_ptr<Wishes>& wishes,
                    int bit);
  /// The twin if it has these bytes; else null, and the wish is noted.
  const void* copy_of(const void* pointer, size_t bytes) const;

  struct Slab {
    CUdeviceptr device;
    std::byte* host;
    size_t used = 0, live = 0;
    struct Block {
      size_t copied = 0;
      std::shared_ptr<Wishes> wishes;
      int bit = 0;
    };
    std::vector<Block> blocks;
  };
  /// Takes the slabs of which no block is in use away.
  std::vector<Slab> take_idle();

 private:
  Slab* find(CUdeviceptr pointer) const;
  Slab::Block* block_at(const void* pointer, Slab** slab) const;
  mutable std::vector<Slab> slabs_;
};

}  // namespace lazulite::cuda
