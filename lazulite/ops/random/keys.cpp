// Keys, the random state, and bits.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/primitives/creation.h"
#include "lazulite/ops/random.h"

namespace lazulite::random {
namespace {

Dtype bits_dtype(int width) {
  switch (width) {
    case 1: return Dtype::uint8;
    case 2: return Dtype::uint16;
    case 4: return Dtype::uint32;
    default:
      throw Error(fmt::format("random: bits come in widths of 1, 2 and 4 bytes, not {}", width));
  }
}

// The thread that loads the library starts anywhere, as in NumPy; all others from a fixed key.
const std::thread::id first_thread = std::this_thread::get_id();

uint64_t first_seed() {
  if (std::this_thread::get_id() != first_thread) return 0;
  return static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
}

}  // namespace

Array key(uint64_t seed) {
  return Array(
      std::vector<uint32_t>{static_cast<uint32_t>(seed >> 32), static_cast<uint32_t>(seed)}, {2});
}

Cell& state() {
  // Each thread has its own; a compiled function takes that of the thread which calls it.
  static auto* cell = new Cell(Cell::of_thread([]() -> CellPtr {
    auto make = [] {
      // A function that is being traced must find the state there, not make it.
      TraceScope untraced(nullptr);
      return Cell(key(first_seed()), "random state").state();
    };
    // A thread may still draw when its variables are gone: in destructors, and in exit handlers.
    thread_local bool gone = false;
    struct Own {
      CellPtr cell;
      ~Own() { gone = true; }
    };
    if (gone) {
      static auto* late = new CellPtr(make());
      return *late;
    }
    thread_local Own own{make()};
    return own.cell;
  }));
  return *cell;
}

namespace {
[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<state>()), true);
}  // namespace

void seed(uint64_t seed) { state() = key(seed); }

Array next_key() {
  auto [kept, fresh] = split(state().get());
  state() = kept;
  return fresh;
}

Array bits(const Shape& shape, int width, Array key) {
  const ReleaseIfGiven release(key);
  Dtype dtype = bits_dtype(width);
  check_shape(shape, size_of(dtype), "random.bits");
  Array used = key.valid() ? key : next_key();
  if (used.dtype() != Dtype::uint32 || used.shape() != Shape{2}) {
    throw Error(fmt::format("random: a key is two uint32, not an array of shape {} and dtype {}",
                            to_string(used.shape()), name_of(used.dtype())));
  }
  if (element_count(shape) == 0) return zeros(shape, dtype);
  return make(make_primitive(RandomBits{shape, dtype}), {used});
}

Array split(Array key, int64_t count) {
  const ReleaseOnReturn release(key);
  if (count < 0) throw Error(fmt::format("random: a key cannot be split into {}", count));
  return bits({count, 2}, 4, key);
}

std::pair<Array, Array> split(Array key) {
  const ReleaseOnReturn release(key);
  Array both = split(key, 2);
  return {both[0], both[1]};
}

}  // namespace lazulite::random
