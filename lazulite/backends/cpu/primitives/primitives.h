#pragma once

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives.h"

// One pair of overloads for each primitive that the backend runs outside fused kernels: `accepts`
// says whether it takes the launch, and `make` makes the kernel of a launch that it takes.
namespace lazulite::cpu {

#define LAZULITE_CPU_PRIMITIVE(type)                  \
  bool accepts(const type& primitive, const Launch&); \
  std::unique_ptr<Kernel> make(const type& primitive, const Launch&);
LAZULITE_CPU_PRIMITIVE(Arange)
LAZULITE_CPU_PRIMITIVE(ArgReduce)
LAZULITE_CPU_PRIMITIVE(AvgPool)
LAZULITE_CPU_PRIMITIVE(AvgPoolGrad)
LAZULITE_CPU_PRIMITIVE(Call)
LAZULITE_CPU_PRIMITIVE(CheckIndex)
LAZULITE_CPU_PRIMITIVE(Concatenate)
LAZULITE_CPU_PRIMITIVE(Convolution)
LAZULITE_CPU_PRIMITIVE(ConvolutionGradInput)
LAZULITE_CPU_PRIMITIVE(ConvolutionGradWeight)
LAZULITE_CPU_PRIMITIVE(Copy)
LAZULITE_CPU_PRIMITIVE(Gather)
LAZULITE_CPU_PRIMITIVE(GatherAlong)
LAZULITE_CPU_PRIMITIVE(Matmul)
LAZULITE_CPU_PRIMITIVE(MaxPool)
LAZULITE_CPU_PRIMITIVE(MaxPoolGrad)
LAZULITE_CPU_PRIMITIVE(RandomBits)
LAZULITE_CPU_PRIMITIVE(ScatterAdd)
LAZULITE_CPU_PRIMITIVE(ScatterAlong)
LAZULITE_CPU_PRIMITIVE(SliceUpdate)
#undef LAZULITE_CPU_PRIMITIVE

// Any other: it runs in fused kernels or is a view.
template <class Primitive>
bool accepts(const Primitive&, const Launch&) {
  return false;
}
template <class Primitive>
std::unique_ptr<Kernel> make(const Primitive&, const Launch&) {
  return nullptr;
}

}  // namespace lazulite::cpu
