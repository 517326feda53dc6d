#include "lazulite/ops/primitives/creation.h"

#include <cstring>

#include "lazulite/backends/reference/primitives/primitives.h"
#include "lazulite/backends/reference/rows.h"
#include "lazulite/backends/reference/threefry.h"

namespace lazulite::reference {
namespace {

void run(const Arange& p, const Run& run) {
  Dtype dtype = p.computed_in();
  uint64_t i = 0;
  for (std::byte* element : run.elements(run.output())) {
    uint64_t integer = p.start.as<uint64_t>() + i * p.step.as<uint64_t>();
    double number = p.start.as<double>() + static_cast<double>(i) * p.step.as<double>();
    const void* value = is_integer(dtype) ? static_cast<void*>(&integer) : &number;
    convert(value, dtype, element, run.output().dtype);
    ++i;
  }
}

void run(const RandomBits&, const Run& run) {
  Elements keys = run.elements(run.input(0)), places = run.elements(run.output());
  size_t width = size_of(run.output().dtype);
  size_t bytes = keys.empty() ? 0 : places.size() / (keys.size() / 2) * width;
  for (size_t i = 0; i < places.size(); ++i) {
    size_t stream = i * width / bytes, at = i * width % bytes;
    Words key;
    std::memcpy(&key[0], keys[2 * stream], sizeof(uint32_t));
    std::memcpy(&key[1], keys[2 * stream + 1], sizeof(uint32_t));
    uint32_t word =
        random_word(key, static_cast<uint32_t>(at / 4), static_cast<uint32_t>((bytes + 3) / 4));
    for (size_t byte = 0; byte < width; ++byte) {  // the lowest comes first
      places[i][byte] = static_cast<std::byte>(word >> 8 * (at % 4 + byte));
    }
  }
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(Arange);
LAZULITE_REFERENCE_KERNEL(RandomBits);

}  // namespace lazulite::reference
