#include "lazulite/backends/cuda/runtime/small_blocks.h"

#include <algorithm>
#include <iterator>

namespace lazulite::cuda {

void SmallBlocks::add_slab(CUdeviceptr device, void* host) {
  Slab slab{device, static_cast<std::byte*>(host), 0, 0, {}};
  slab.blocks.resize(slab_bytes / granularity);
  slabs_.push_back(std::move(slab));
}

CUdeviceptr SmallBlocks::carve(size_t bytes) {
  for (Slab& slab : slabs_) {
    if (slab.used + bytes > slab_bytes) continue;
    slab.used += bytes;
    return slab.device + slab.used - bytes;
  }
  return 0;
}

SmallBlocks::Slab* SmallBlocks::find(CUdeviceptr pointer) const {
  for (Slab& slab : slabs_) {
    if (pointer - slab.device < slab_bytes) return &slab;
  }
  return nullptr;
}

SmallBlocks::Slab::Block* SmallBlocks::block_at(const void* pointer, Slab** slab) const {
  const auto address = reinterpret_cast<CUdeviceptr>(pointer);
  *slab = find(address);
  return *slab ? &(*slab)->blocks[(address - (*slab)->device) / granularity] : nullptr;
}

void* SmallBlocks::twin_of(const void* pointer) const {
  const auto address = reinterpret_cast<CUdeviceptr>(pointer);
  const Slab* slab = find(address);
  return slab ? slab->host + (address - slab->device) : nullptr;
}

void SmallBlocks::note_written(const void* pointer, size_t bytes,
                               const std::shared_ptr<Wishes>& wishes, int bit) {
  Slab* slab = nullptr;
  Slab::Block* block = block_at(pointer, &slab);
  if (!block) return;
  block->copied = bytes;
  block->bit = bit;
  if (block->wishes != wishes) block->wishes = wishes;
}

const void* SmallBlocks::copy_of(const void* pointer, size_t bytes) const {
  Slab* slab = nullptr;
  const Slab::Block* block = block_at(pointer, &slab);
  if (!block) return nullptr;
  if (block->copied >= bytes) return twin_of(pointer);
  if (block->wishes) block->wishes->fetch_or(uint64_t{1} << block->bit);
  return nullptr;
}

std::vector<SmallBlocks::Slab> SmallBlocks::take_idle() {
  const auto first = std::stable_partition(slabs_.begin(), slabs_.end(),
                                           [](const Slab& slab) { return slab.live > 0; });
  std::vector<Slab> idle(std::make_move_iterator(first), std::make_move_iterator(slabs_.end()));
  slabs_.erase(first, slabs_.end());
  return idle;
}

}  // namespace lazulite::cuda
