#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/in_place.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/movers.h"

namespace lazulite::cpu {

bool accepts(const Copy&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const Copy&, const Launch& launch) {
  const Operand& x = launch.inputs[0];
  const Operand& y = launch.outputs[0];
  return kernel_of([x, y, copy = StridedCopy(y.shape, x.strides, y.strides, size_of(x.dtype))](
                       void* const* slots) { copy.run(address(slots, x), address(slots, y)); });
}

bool accepts(const BitView&, const Launch&) { return true; }

// The output's bytes are the input's in row-major order.
std::unique_ptr<Kernel> make(const BitView&, const Launch& launch) {
  const Operand& x = launch.inputs[0];
  const Operand& y = launch.outputs[0];
  const StridedCopy copy(x.shape, x.strides, row_major_strides(x.shape), size_of(x.dtype));
  return kernel_of(
      [x, y, copy](void* const* slots) { copy.run(address(slots, x), address(slots, y)); });
}

bool accepts(const Concatenate&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const Concatenate& p, const Launch& launch) {
  struct Part {
    Operand from;
    int64_t start;
    StridedCopy copy;
  };
  const Operand& y = launch.outputs[0];
  const size_t axis = static_cast<size_t>(p.axis);
  std::vector<Part> parts;
  int64_t start = 0;
  for (const Operand& x : launch.inputs) {
    parts.push_back({x, start, StridedCopy(x.shape, x.strides, y.strides, size_of(x.dtype))});
    start += x.shape[axis] * y.strides[axis] * static_cast<int64_t>(size_of(y.dtype));
  }
  return kernel_of([y, parts = std::move(parts)](void* const* slots) {
    for (const Part& part : parts) {
      part.copy.run(address(slots, part.from), address(slots, y) + part.start);
    }
  });
}

bool accepts(const SliceUpdate&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const SliceUpdate& p, const Launch& launch) {
  const Operand& update = launch.inputs[1];
  const Operand& y = launch.outputs[0];
  int64_t start = 0;
  Strides window = y.strides;
  for (size_t i = 0; i < y.shape.size(); ++i) {
    start += p.starts[i] * y.strides[i];
    window[i] *= p.steps[i];
  }
  const size_t bytes = size_of(y.dtype);
  start *= static_cast<int64_t>(bytes);
  const Strides packed = row_major_strides(update.shape);
  return kernel_of(
      [update, y, start, copy = CopiedInput(launch),
       pack = StridedCopy(update.shape, update.strides, packed, bytes),
       put = StridedCopy(update.shape, update.strides, window, bytes),
       put_packed = StridedCopy(update.shape, packed, window, bytes)](void* const* slots) {
        std::byte* const target = address(slots, y) + start;
        if (!lies_in_output(slots, update, y)) {
          copy.run(slots);
          put.run(address(slots, update), target);
          return;
        }
        const Scratch scratch(update.bytes());
        pack.run(address(slots, update), scratch.at());
        copy.run(slots);
        put_packed.run(scratch.at(), target);
      });
}

LAZULITE_CPU_KERNEL(Copy);
LAZULITE_CPU_KERNEL(BitView);
LAZULITE_CPU_KERNEL(Concatenate);
LAZULITE_CPU_KERNEL(SliceUpdate);

}  // namespace lazulite::cpu
