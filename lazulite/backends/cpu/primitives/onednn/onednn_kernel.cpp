#ifdef LAZULITE_WITH_ONEDNN

#include "lazulite/backends/cpu/primitives/onednn/onednn_kernel.h"

#include <fmt/format.h>
#include <omp.h>

#include <string_view>

#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/core/errors.h"

namespace lazulite::cpu {

dnnl::engine& onednn_engine() {
  // Never destroyed: kernels may outlive static objects.
  static auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

std::optional<dnnl::memory::data_type> onednn_dtype(Dtype dtype) {
  static const bool has_bfloat16 = dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_bf16;
  if (dtype == Dtype::float32) return dnnl::memory::data_type::f32;
  if (dtype == Dtype::bfloat16 && has_bfloat16) return dnnl::memory::data_type::bf16;
  return std::nullopt;
}

dnnl::primitive_attr onednn_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void fail_onednn(const dnnl::error& error) {
  const std::string what = fmt::format("oneDNN cannot run its kernel: {}", error.what());
  if (error.status == dnnl_out_of_memory) throw OutOfMemory(what);
  throw Error(what);
}

std::unique_ptr<Kernel> make_if_fast(std::function<OnednnKernel::Recipe()> describe) {
  try {
    const OnednnKernel::Recipe recipe = describe();  // owns the name
    const std::string_view name = recipe.description.impl_info_str();
    if (name.find("ref") != std::string_view::npos) return nullptr;
  } catch (const dnnl::error& error) {
    // What oneDNN lacks, our own kernels do; which it is may not depend on the memory there is.
    if (error.status == dnnl_out_of_memory) fail_onednn(error);
    return nullptr;
  }
  return std::make_unique<OnednnKernel>(std::move(describe));
}

OnednnKernel::Ready& OnednnKernel::ready() {
  const int threads = omp_get_max_threads();
  for (auto& ready : ready_) {
    if (ready->threads == threads) return *ready;
  }
  const Recipe recipe = describe_();
  auto made = std::make_unique<Ready>();
  made->threads = threads;
  made->primitive = recipe.make();
  dnnl::engine& engine = onednn_engine();
  const auto empty_memory = [&](const dnnl::memory::desc& description) {
    return dnnl::memory(description, engine, nullptr);
  };
  for (const OnednnArgument& argument : recipe.arguments) {
    dnnl::memory user = empty_memory(argument.user);
    Place place{argument.operand, std::nullopt};
    if (argument.packed) place.packed.emplace(argument.operand, &made->scratch_bytes);
    if (argument.user == argument.wanted) {
      made->arguments.emplace(argument.name, user);
      made->direct.push_back({user, std::move(place)});
      continue;
    }
    dnnl::memory inner = empty_memory(argument.wanted);
    made->arguments.emplace(argument.name, inner);
    const size_t offset = reserve_scratch(argument.wanted.get_size(), &made->scratch_bytes);
    const bool is_output = &argument == &recipe.arguments.back();
    const dnnl::memory& from = is_output ? inner : user;
    const dnnl::memory& to = is_output ? user : inner;
    (is_output ? made->after : made->before)
        .push_back({dnnl::reorder(from, to), from, to, offset, std::move(place)});
  }
  const dnnl::memory::desc scratchpad = recipe.description.scratchpad_desc();
  made->scratchpad = empty_memory(scratchpad);
  made->scratchpad_offset = reserve_scratch(scratchpad.get_size(), &made->scratch_bytes);
  made->arguments.emplace(DNNL_ARG_SCRATCHPAD, made->scratchpad);
  ready_.push_back(std::move(made));
  return *ready_.back();
}

void* OnednnKernel::Place::get(void* const* slots, const Scratch& scratch) const {
  // oneDNN has one type for memory that it reads and memory that it writes.
  return packed ? const_cast<std::byte*>(packed->get(slots, scratch)) : address(slots, operand);
}

void OnednnKernel::run(void* const* slots) {
  try {
    execute(slots);
  } catch (const dnnl::error& error) {
    fail_onednn(error);
  }
}

void OnednnKernel::execute(void* const* slots) {
  Ready& r = ready();
  const Scratch scratch(r.scratch_bytes);
  r.scratchpad.set_data_handle(scratch.at(r.scratchpad_offset));
  for (Direct& direct : r.direct) direct.memory.set_data_handle(direct.place.get(slots, scratch));
  for (Reorder& reorder : r.before) {
    reorder.from.set_data_handle(reorder.place.get(slots, scratch));
    reorder.to.set_data_handle(scratch.at(reorder.scratch_offset));
    reorder.primitive.execute(stream_, reorder.from, reorder.to);
  }
  for (Reorder& reorder : r.after) {
    reorder.from.set_data_handle(scratch.at(reorder.scratch_offset));
    reorder.to.set_data_handle(reorder.place.get(slots, scratch));
  }
  r.primitive.execute(stream_, r.arguments);
  for (Reorder& reorder : r.after) {
    reorder.primitive.execute(stream_, reorder.from, reorder.to);
  }
  stream_.wait();
}

}  // namespace lazulite::cpu

#endif
