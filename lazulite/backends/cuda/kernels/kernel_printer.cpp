#include "lazulite/backends/cuda/kernels/kernel_printer.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/runtime/status.h"

namespace lazulite::cuda {

template <class... Args>
void KernelPrinter::line(const char* format, Args&&... args) {
  text_ += fmt::format(fmt::runtime(format), std::forward<Args>(args)...) + "\n";
}

std::string KernelPrinter::operand_name(size_t index) const {
  const size_t inputs = launch_.inputs.size();
  return index < inputs ? fmt::format("in{}", index) : fmt::format("out{}", index - inputs);
}

Dtype KernelPrinter::operand_dtype(size_t index) const {
  const size_t inputs = launch_.inputs.size();
  return index < inputs ? launch_.inputs[index].dtype : launch_.outputs[index - inputs].dtype;
}

// `outputs` are the types of those behind the stores.
void KernelPrinter::parameters(const std::string& constants,
                               const std::vector<std::string>& outputs) {
  if (in_place_) text_ += status_source;
  line("struct Parameters {{ {} }};", constants);
  line("extern \"C\" __global__ void __launch_bounds__(256) lazulite_kernel(");
  for (size_t i = 0; i < swept(); ++i) {
    const bool input = i < launch_.inputs.size();
    line("    {}{}* {},", input ? "const " : "", type_of(operand_dtype(i)), operand_name(i));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    line("    {}* out{},", outputs[i], kernel_.stores.size() + i);
  }
  if (in_place_) line("    const Status* status,");
  line("    const Parameters p) {{");
  line("  using namespace dialect;");
  if (in_place_) line("  const unsigned stop = status->stop;");
}

// The place of element `number` (row-major) along each of the axes.
void KernelPrinter::coordinates(const Joined& axes, const char* prefix, const std::string& number) {
  std::string rest = number;
  for (size_t axis = axes.shape.size(); axis-- > 1;) {
    line("  const unsigned {0}q{1} = quotient({2}, p.{0}axes[{1}]);", prefix, axis, rest);
    line("  const unsigned {0}{1} = {2} - {0}q{1} * p.{0}axes[{1}].size;", prefix, axis, rest);
    rest = fmt::format("{}q{}", prefix, axis);
  }
  if (!axes.shape.empty()) line("  const unsigned {}0 = {};", prefix, rest);
}

// Where those coordinates lie in an operand. Strides of 0 and 1 are part of the text.
std::string KernelPrinter::place(size_t operand, bool folded, bool to_inner) const {
  const Joined& axes = folded ? folds_ : stays_;
  const char* prefix = folded ? "f" : "c";
  std::string out;
  const size_t count = axes.shape.size() - (to_inner && !axes.shape.empty() ? 1 : 0);
  for (size_t axis = 0; axis < count; ++axis) {
    const int64_t stride = axes.strides[operand][axis];
    if (stride == 0) continue;
    std::string term = stride == 1 ? fmt::format("(long long){}{}", prefix, axis)
                                   : fmt::format("(long long){0}{1} * p.{0}strides[{2}]", prefix,
                                                 axis, operand * axes.shape.size() + axis);
    out += (out.empty() ? "" : " + ") + term;
  }
  return out.empty() ? "0" : out;
}

void KernelPrinter::operations(const char* indent) {
  for (size_t i = 0; i < kernel_.ops.size(); ++i) {
    const FusedOp& op = kernel_.ops[i];
    std::string value = op.is_cast
                            ? fmt::format("Cast<{}>::of(", type_of(op.dtype))
                            : fmt::format("{}(", row_function(op.row, compute_dtype(kernel_, op)));
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      value += fmt::format("{}r{}", k ? ", " : "", op.inputs[k]);
    }
    line("{}const {} r{} = {});", indent, register_type(op.dtype), kernel_.input_dtypes.size() + i,
         value);
  }
}

// Reads the thread's neighbours of an input into an array of its own.
void KernelPrinter::load_vector(size_t input) {
  const int64_t inner = stays_.strides[input].back();
  const char* type = type_of(operand_dtype(input));
  if (inner == 0) {
    line("  const {} value{} = in{}[{}];", type, input, input, place(input, false, true));
    return;
  }
  const std::string stride =
      inner == 1
          ? ""
          : fmt::format(" * p.cstrides[{}]", input * stays_.shape.size() + stays_.shape.size() - 1);
  line("  const {0}* const at{1} = in{1} + {2} + (long long)first{3};", type, input,
       place(input, false, true), stride);
  line("  {} values{}[{}];", type, input, width_);
  bool aligned = inner == 1 && width_ > 1;
  for (size_t axis = 0; axis + 1 < stays_.shape.size(); ++axis) {
    aligned &= stays_.strides[input][axis] % width_ == 0;
  }
  if (aligned) {
    line("  if (whole && (size_t)in{0} % sizeof(Pack<{1}, {2}>) == 0) {{", input, type, width_);
    line("    const Pack<{0}, {1}> pack = *(const Pack<{0}, {1}>*)at{2};", type, width_, input);
    line("    #pragma unroll");
    line("    for (int j = 0; j < {0}; ++j) values{1}[j] = pack.items[j];", width_, input);
    line("  }} else {{");
  } else {
    line("  {{");
  }
  line("    #pragma unroll");
  line("    for (int j = 0; j < {}; ++j) values{}[j] = at{}[(j < count ? j : 0){}];", width_, input,
       input, stride);
  line("  }}");
}

void KernelPrinter::store_vector(size_t output) {
  if (!launch_.outputs[output].used) return;
  const size_t operand = launch_.inputs.size() + output;
  const int64_t inner = stays_.strides[operand].back();
  const char* type = type_of(operand_dtype(operand));
  const std::string stride = inner == 1
                                 ? ""
                                 : fmt::format(" * p.cstrides[{}]", operand * stays_.shape.size() +
                                                                        stays_.shape.size() - 1);
  line("  {0}* const to{1} = out{1} + {2} + (long long)first{3};", type, output,
       place(operand, false, true), stride);
  bool aligned = inner == 1 && width_ > 1;
  for (size_t axis = 0; axis + 1 < stays_.shape.size(); ++axis) {
    aligned &= stays_.strides[operand][axis] % width_ == 0;
  }
  if (aligned) {
    line("  if (whole && (size_t)out{0} % sizeof(Pack<{1}, {2}>) == 0) {{", output, type, width_);
    line("    Pack<{}, {}> pack;", type, width_);
    line("    #pragma unroll");
    line("    for (int j = 0; j < {0}; ++j) pack.items[j] = result{1}[j];", width_, output);
    line("    *(Pack<{0}, {1}>*)to{2} = pack;", type, width_, output);
    line("  }} else {{");
  } else {
    line("  {{");
  }
  line("    #pragma unroll");
  line("    for (int j = 0; j < {0}; ++j) if (j < count) to{1}[(long long)j{2}] = result{1}[j];",
       width_, output, stride);
  line("  }}");
}

std::string KernelPrinter::elementwise() {
  text_ = functions_source(kernel_);
  const size_t ndim = stays_.shape.size();
  parameters(fmt::format("long long cstrides[{}]; Axis caxes[{}]; unsigned threads, inner;",
                         swept() * ndim, ndim),
             {});
  line("  const unsigned t = blockIdx.x * blockDim.x + threadIdx.x;");
  line("  if (t >= p.threads) return;");
  // Whether an output has taken its input's memory is known only when the kernel runs.
  if (in_place_ && kernel_.ops.empty()) line("  if ((const void*)in0 == out0) return;");
  coordinates(stays_, "c", "t");
  line("  const unsigned first = c{} * {};", ndim - 1, width_);
  if (width_ > 1) {
    line("  const int count = p.inner - first < {0} ? (int)(p.inner - first) : {0};", width_);
    line("  const bool whole = count == {};", width_);
  } else {
    line("  const int count = 1;");
  }
  for (size_t i = 0; i < launch_.inputs.size(); ++i) load_vector(i);
  for (size_t i = 0; i < kernel_.stores.size(); ++i) {
    if (launch_.outputs[i].used) {
      line("  {} result{}[{}];", type_of(launch_.outputs[i].dtype), i, width_);
    }
  }
  line("  #pragma unroll");
  line("  for (int j = 0; j < {}; ++j) {{", width_);
  for (size_t i = 0; i < launch_.inputs.size(); ++i) {
    const bool one = stays_.strides[i].back() == 0;
    line("    const {0} r{1} = load(value{2}{1}{3});", register_type(operand_dtype(i)), i,
         one ? "" : "s", one ? "" : "[j]");
  }
  operations("    ");
  for (size_t i = 0; i < kernel_.stores.size(); ++i) {
    if (!launch_.outputs[i].used) continue;
    line("    result{}[j] = Store<{}>::of(r{});", i, type_of(launch_.outputs[i].dtype),
         kernel_.stores[i]);
  }
  line("  }}");
  if (in_place_) line("  if (stop) return;");
  for (size_t i = 0; i < kernel_.stores.size(); ++i) store_vector(i);
  line("}}");
  return text_;
}

void KernelPrinter::print_epilogue(size_t given, Epilogue& epilogue) {
  text_ = row_functions_source(kernel_);
  line("struct EpilogueParameters {{ long long cstrides[{}]; }};", 2 * swept());
  for (size_t i = 0; i < swept(); ++i) {
    if (i == given) continue;
    const bool input = i < launch_.inputs.size();
    epilogue.parameters += fmt::format("{}{}* {}, ", input ? "const " : "",
                                       type_of(operand_dtype(i)), operand_name(i));
    epilogue.arguments += operand_name(i) + ", ";
  }
  line("DEVICE void epilogue({}const EpilogueParameters& p, unsigned c0, unsigned c1, {} r{}) {{",
       epilogue.parameters, register_type(operand_dtype(given)), given);
  line("  using namespace dialect;");
  for (size_t i = 0; i < launch_.inputs.size(); ++i) {
    if (i == given) continue;
    line("  const {0} r{1} = load(in{1}[{2}]);", register_type(operand_dtype(i)), i,
         place(i, false, false));
  }
  operations("  ");
  for (size_t i = 0; i < kernel_.stores.size(); ++i) {
    if (!launch_.outputs[i].used) continue;
    line("  out{}[{}] = Store<{}>::of(r{});", i, place(launch_.inputs.size() + i, false, false),
         type_of(launch_.outputs[i].dtype), kernel_.stores[i]);
  }
  line("}}");
  epilogue.functions = text_;
}

// Folds the values of the threads of a row: thread ty with thread ty + s, if that has one.
void KernelPrinter::fold_tree(size_t reduction, const std::string& row, int stride,
                              const std::string& alive, int ty) {
  if (ty == 1) return;
  const Fold f = fold(reduction);
  line("  {{");
  line("    {}* const shared = ({}*)scratch;", f.type, f.type);
  line("    __syncthreads();");
  line("    shared[threadIdx.x] = fold{};", reduction);
  line("    for (unsigned s = {}; s > 0; s /= 2) {{", ty / 2);
  line("      __syncthreads();");
  line("      if ({0} < s && {0} + s < {1}) {{", row, alive);
  line("        const {} a = fold{}, b = shared[threadIdx.x + s * {}];", f.type, reduction, stride);
  line("        fold{} = {};", reduction, f.step);
  line("        shared[threadIdx.x] = fold{};", reduction);
  line("      }}");
  line("    }}");
  line("  }}");
}

std::string KernelPrinter::result_of(size_t reduction) const {
  const Dtype dtype = launch_.outputs[kernel_.stores.size() + reduction].dtype;
  std::string value = fmt::format("fold{}", reduction);
  if (fold(reduction).type == "Complex<double>") value = fmt::format("complex64({})", value);
  return fmt::format("Store<{0}>::of(Cast<{0}>::of({1}))", type_of(dtype), value);
}

std::string KernelPrinter::reduction(int tx, int ty, bool columns, bool in_parts) {
  text_ = functions_source(kernel_);
  std::vector<std::string> outputs;
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    outputs.push_back(in_parts ? fold(i).type
                               : type_of(launch_.outputs[kernel_.stores.size() + i].dtype));
  }
  const size_t kept = stays_.shape.size(), folded = folds_.shape.size();
  std::string constants;
  if (swept() * kept > 0) constants += fmt::format("long long cstrides[{}]; ", swept() * kept);
  if (swept() * folded > 0) constants += fmt::format("long long fstrides[{}]; ", swept() * folded);
  if (kept > 0) constants += fmt::format("Axis caxes[{}]; ", kept);
  if (folded > 0) constants += fmt::format("Axis faxes[{}]; ", folded);
  parameters(constants + "unsigned kept, folded, chunk;", outputs);
  if (ty > 1) line("  __shared__ __align__(16) unsigned char scratch[{} * 16];", tx * ty);
  line("  const unsigned tx = threadIdx.x {0} {1}, ty = threadIdx.x {2} {1};", columns ? "%" : "/",
       columns ? tx : ty, columns ? "/" : "%");
  line("  const unsigned c = blockIdx.x * {} + tx;", tx);
  line("  const bool valid = c < p.kept;");
  coordinates(stays_, "c", "c");
  line("  const unsigned from = blockIdx.y * p.chunk;");
  line("  const unsigned to = from + p.chunk < p.folded ? from + p.chunk : p.folded;");
  for (size_t i = 0; i < swept(); ++i) {
    line("  const long long base{} = {};", i, place(i, false, false));
  }
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    const Fold f = fold(i);
    line("  {} fold{}{};", f.type, i, f.start.empty() ? "" : " = " + f.start);
  }
  line("  #pragma unroll 4");
  line("  for (unsigned f = from + ty; f < to && valid; f += {}) {{", ty);
  coordinates(folds_, "f", "f");
  for (size_t i = 0; i < launch_.inputs.size(); ++i) {
    line("    const {0} r{1} = load(in{1}[base{1} + {2}]);", register_type(operand_dtype(i)), i,
         place(i, true, false));
  }
  operations("    ");
  for (size_t i = 0; i < kernel_.stores.size(); ++i) {
    if (!launch_.outputs[i].used) continue;
    const size_t operand = launch_.inputs.size() + i;
    line("    {0}out{1}[base{2} + {3}] = Store<{4}>::of(r{5});", in_place_ ? "if (!stop) " : "", i,
         operand, place(operand, true, false), type_of(launch_.outputs[i].dtype),
         kernel_.stores[i]);
  }
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    const Fold f = fold(i);
    line("    {{ const {0} a = fold{1}, b = ({0})(r{2});", f.type, i, kernel_.reductions[i].input);
    line("      fold{} = {}{}; }}", i, f.start.empty() ? "f == from + ty ? b : " : "", f.step);
  }
  line("  }}");
  if (ty > 1) line("  const unsigned alive = to - from;");
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    fold_tree(i, "ty", columns ? tx : 1, "alive", ty);
  }
  line("  if (ty != 0 || !valid) return;");
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    const size_t output = kernel_.stores.size() + i;
    if (in_parts) {
      line("  out{}[(long long)blockIdx.y * p.kept + c] = fold{};", output, i);
    } else if (launch_.outputs[output].used) {
      line("  out{}[c] = {};", output, result_of(i));
    }
  }
  line("}}");
  return text_;
}

// A row of 32 threads for each result.
std::string KernelPrinter::last_reduction() {
  text_ = functions_source(kernel_);
  line("struct Parameters {{ unsigned kept, parts; }};");
  line("extern \"C\" __global__ void __launch_bounds__(256) lazulite_kernel(");
  const size_t stores = kernel_.stores.size();
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    line("    const {}* in{},", fold(i).type, i);
  }
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    line("    {}* out{},", type_of(launch_.outputs[stores + i].dtype), stores + i);
  }
  line("    const Parameters p) {{");
  line("  using namespace dialect;");
  line("  __shared__ __align__(16) unsigned char scratch[256 * 16];");
  line("  const unsigned lane = threadIdx.x % 32;");
  line("  const unsigned c = blockIdx.x * 8 + threadIdx.x / 32;");
  line("  const bool valid = c < p.kept;");
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    const Fold f = fold(i);
    line("  {} fold{}{};", f.type, i, f.start.empty() ? "" : " = " + f.start);
    line("  for (unsigned part = lane; part < p.parts && valid; part += 32) {{");
    line("    const {0} a = fold{1}, b = in{1}[(long long)part * p.kept + c];", f.type, i);
    line("    fold{} = {}{};", i, f.start.empty() ? "part == lane ? b : " : "", f.step);
    line("  }}");
    fold_tree(i, "lane", 1, "p.parts", 32);
  }
  line("  if (lane != 0 || !valid) return;");
  for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
    if (launch_.outputs[stores + i].used) line("  out{}[c] = {};", stores + i, result_of(i));
  }
  line("}}");
  return text_;
}

}  // namespace lazulite::cuda
