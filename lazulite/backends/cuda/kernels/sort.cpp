#include "lazulite/backends/cuda/kernels/sort.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// Elements of a thread: an odd number, so that threads meet in no bank of shared memory.
constexpr int64_t items_of(bool wide) { return wide ? 11 : 17; }
constexpr int64_t most_threads = 256;

// A block of THREADS threads merges in shared memory, ITEMS results a thread. Which elements of two
// sorted runs make a thread's results is found by bisection; of equals the first run's come first.
constexpr const char* common = R"cuda(
#if WIDE
typedef unsigned long long Key;
#else
typedef unsigned Key;
#endif
constexpr unsigned TILE = THREADS * ITEMS;
// How many of the first `diagonal` elements of the merged runs a and b come from a.
template <class Keys>
DEVICE unsigned from_first(Keys a, unsigned a_size, Keys b, unsigned b_size, unsigned diagonal) {
  unsigned low = diagonal > b_size ? diagonal - b_size : 0;
  unsigned high = diagonal < a_size ? diagonal : a_size;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    if (a[middle] <= b[diagonal - 1 - middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}
// The same by all lanes of a warp, which look at 32 places at once: for runs that are far away.
DEVICE unsigned from_first_by_warp(const Key* a, unsigned a_size, const Key* b, unsigned b_size,
                                   unsigned diagonal) {
  const unsigned lane = threadIdx.x % 32;
  unsigned low = diagonal > b_size ? diagonal - b_size : 0;
  unsigned high = diagonal < a_size ? diagonal : a_size;
  while (low < high) {
    const unsigned step = (high - low + 31) / 32, middle = low + step * lane;
    const bool first = middle < high && a[middle] <= b[diagonal - 1 - middle];
    const unsigned count = __popc(__ballot_sync(~0u, first));
    const unsigned next = low + step * count;
    if (count > 0) low = next - step + 1;
    if (count == 0) high = low;
    else if (next < high) high = next;
  }
  return low;
}
// The thread's results of the runs of `keys` at a and b. Of each run the next key is at hand, so
// that a result takes one read of a key and one of its number.
DEVICE void merge_items(const Key* keys, const unsigned* order, unsigned a, unsigned a_end,
                        unsigned b, unsigned b_end, Key* own_keys, unsigned* own_order) {
  Key from_a = a < a_end ? keys[a] : Key(0), from_b = b < b_end ? keys[b] : Key(0);
  #pragma unroll
  for (int i = 0; i < ITEMS; ++i) {
    if (a >= a_end && b >= b_end) break;
    const bool first = b >= b_end || (a < a_end && from_a <= from_b);
    const unsigned at = first ? a : b, next = at + 1;
    own_keys[i] = first ? from_a : from_b;
    own_order[i] = order[at];
    Key key = 0;
    if (next < (first ? a_end : b_end)) key = keys[next];
    if (first) {
      a = next;
      from_a = key;
    } else {
      b = next;
      from_b = key;
    }
  }
}
DEVICE long long place_of(unsigned line, unsigned k, unsigned size, Axis after) {
  const unsigned before = quotient(line, after);
  return ((long long)before * size + k) * after.size + (line - before * after.size);
}
)cuda";

// Sorts tiles: each thread its items, by insertion; then runs are merged, two at a time.
constexpr const char* tiles = R"cuda(
struct Parameters { Source source; Axis after, tiles; unsigned size; int last, keeps_keys; };
extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(
    KEY_POINTERS Key* keys_out, unsigned* order_out, const Parameters p) {
  __shared__ Key keys[TILE];
  __shared__ unsigned order[TILE];
  const unsigned t = threadIdx.x, line = quotient(blockIdx.x, p.tiles);
  const unsigned start = (blockIdx.x - line * p.tiles.size) * TILE;
  const unsigned count = start + TILE < p.size ? TILE : p.size - start;
  for (unsigned i = t; i < count; i += THREADS) {
    keys[i] = key_at(p.source, KEY_ARGUMENTS line, start + i);
  }
  __syncthreads();
  const unsigned first = t * ITEMS < count ? t * ITEMS : count;
  const unsigned own = first + ITEMS < count ? ITEMS : count - first;
  Key own_keys[ITEMS];
  unsigned own_order[ITEMS];
  #pragma unroll
  for (int i = 0; i < ITEMS; ++i) {
    own_keys[i] = i < own ? keys[first + i] : ~Key(0);
    own_order[i] = start + first + i;
  }
  // Odd and even neighbours in turn: equals never pass each other.
  #pragma unroll
  for (int round = 0; round < ITEMS; ++round) {
    #pragma unroll
    for (int i = round % 2; i + 1 < ITEMS; i += 2) {
      if (own_keys[i + 1] < own_keys[i]) {
        const Key key = own_keys[i];
        const unsigned number = own_order[i];
        own_keys[i] = own_keys[i + 1];
        own_order[i] = own_order[i + 1];
        own_keys[i + 1] = key;
        own_order[i + 1] = number;
      }
    }
  }
  for (unsigned run = ITEMS; run < 2 * TILE; run *= 2) {
    __syncthreads();
    #pragma unroll
    for (int i = 0; i < ITEMS; ++i) {
      if (i < own) {
        keys[first + i] = own_keys[i];
        order[first + i] = own_order[i];
      }
    }
    __syncthreads();
    if (run >= TILE || run >= count) break;
    const unsigned a = first / (2 * run) * (2 * run);
    const unsigned a_end = a + run < count ? a + run : count;
    const unsigned b_end = a_end + run < count ? a_end + run : count;
    const unsigned diagonal = first - a;
    const unsigned taken = from_first(keys + a, a_end - a, keys + a_end, b_end - a_end, diagonal);
    merge_items(keys, order, a + taken, a_end, a_end + diagonal - taken, b_end, own_keys, own_order);
  }
  for (unsigned i = t; i < count; i += THREADS) {
    const long long in_line = (long long)line * p.size + start + i;
    if (p.keeps_keys) keys_out[in_line] = keys[i];
    order_out[p.last ? place_of(line, start + i, p.size, p.after) : in_line] = order[i];
  }
}
)cuda";

// Merges neighbouring runs of `run` elements, a tile of results a block.
constexpr const char* merges = R"cuda(
struct Parameters { Axis after, tiles; unsigned size, run; int last, keeps_keys; };
extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(
    const Key* keys_in, const unsigned* order_in, Key* keys_out, unsigned* order_out,
    const Parameters p) {
  __shared__ Key keys[TILE];
  __shared__ unsigned order[TILE];
  __shared__ unsigned ends[2];
  const unsigned t = threadIdx.x, line = quotient(blockIdx.x, p.tiles);
  const unsigned start = (blockIdx.x - line * p.tiles.size) * TILE;
  const unsigned count = start + TILE < p.size ? TILE : p.size - start;
  keys_in += (long long)line * p.size;
  order_in += (long long)line * p.size;
  // Tiles lie inside of pairs of runs, since a run is a whole number of tiles.
  const unsigned a = start / (2 * p.run) * (2 * p.run);
  const unsigned a_end = p.size - a > p.run ? a + p.run : p.size;
  const unsigned b_end = p.size - a_end > p.run ? a_end + p.run : p.size;
  for (unsigned end = t / 32; end < 2; end += THREADS / 32) {
    const unsigned taken = from_first_by_warp(keys_in + a, a_end - a, keys_in + a_end,
                                              b_end - a_end, start - a + (end ? count : 0));
    if (t % 32 == 0) ends[end] = taken;
  }
  __syncthreads();
  const unsigned a_first = a + ends[0], a_count = ends[1] - ends[0];
  const unsigned b_first = a_end + (start - a - ends[0]), b_count = count - a_count;
  for (unsigned i = t; i < count; i += THREADS) {
    const unsigned at = i < a_count ? a_first + i : b_first + (i - a_count);
    keys[i] = keys_in[at];
    order[i] = order_in[at];
  }
  __syncthreads();
  const unsigned first = t * ITEMS < count ? t * ITEMS : count;
  const unsigned own = first + ITEMS < count ? ITEMS : count - first;
  Key own_keys[ITEMS];
  unsigned own_order[ITEMS];
  const unsigned taken = from_first(keys, a_count, keys + a_count, b_count, first);
  merge_items(keys, order, taken, a_count, a_count + first - taken, count, own_keys, own_order);
  __syncthreads();
  #pragma unroll
  for (int i = 0; i < ITEMS; ++i) {
    if (i < own) {
      keys[first + i] = own_keys[i];
      order[first + i] = own_order[i];
    }
  }
  __syncthreads();
  for (unsigned i = t; i < count; i += THREADS) {
    const long long in_line = (long long)line * p.size + start + i;
    if (p.keeps_keys) keys_out[in_line] = keys[i];
    order_out[p.last ? place_of(line, start + i, p.size, p.after) : in_line] = order[i];
  }
}
)cuda";

}  // namespace

bool can_sort(const Sorting& s) { return s.lines * s.size <= most_elements; }

void add_sort(const Sorting& s, const Pointer& order, const Pointer* sorted, Recipe& recipe) {
  if (s.lines * s.size == 0) return;
  const int64_t items = items_of(s.wide);
  int64_t threads = 32;
  while (threads < most_threads && threads * items < s.size) threads *= 2;
  const int64_t tile = threads * items, count = ceil_div(s.size, tile);
  const std::string head = std::string(prelude) +
                           fmt::format("#define WIDE {:d}\n#define THREADS {}\n#define ITEMS {}\n",
                                       s.wide, threads, items) +
                           common;
  const size_t elements = static_cast<size_t>(s.lines * s.size), width = s.wide ? 8 : 4;
  // Two places for keys and their order, which take turns.
  Pointer keys[2] = {order, order}, orders[2] = {order, order};
  if (count > 1) {
    for (int turn : {0, 1}) {
      keys[turn] = recipe.take_workspace(elements * width);
      orders[turn] = recipe.take_workspace(elements * sizeof(uint32_t));
    }
  }
  int turn = 0;
  auto add_results = [&](KernelText& text, bool last) {
    const Pointer& to = last && sorted ? *sorted : keys[turn];
    text.add_pointers({to.as_result(), (last ? order : orders[turn]).as_result()});
  };
  auto finish = [&](KernelText& text, bool last) {
    text.add_constant(int32_t{last});
    text.add_constant(int32_t{!last || sorted});
    text.block = static_cast<unsigned>(threads);
    text.grid[0] = static_cast<unsigned>(count * s.lines);
    recipe.steps.emplace_back(std::move(text));
  };
  KernelText first{.name = "sort_tiles", .source = head + s.functions + tiles};
  first.pointers = s.pointers;
  add_results(first, count == 1);
  first.constants = s.source;
  for (int64_t size : {s.after, count}) first.add_constant(Axis(size));
  first.add_constant(static_cast<uint32_t>(s.size));
  finish(first, count == 1);
  for (int64_t run = tile; run < s.size; run *= 2) {
    const bool last = 2 * run >= s.size;
    KernelText text{.name = "merge_runs", .source = head + merges};
    text.add_pointers({keys[turn], orders[turn]});
    turn ^= 1;
    add_results(text, last);
    for (int64_t size : {s.after, count}) text.add_constant(Axis(size));
    for (int64_t number : {s.size, run}) text.add_constant(static_cast<uint32_t>(number));
    finish(text, last);
  }
}

}  // namespace lazulite::cuda
