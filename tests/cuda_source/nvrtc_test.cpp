// Compiles the CUDA text of every row and of a few fused kernels; needs no GPU.
#include <gtest/gtest.h>
#include <nvrtc.h>

#include <set>

#include "kernels.h"
#include "lazulite/backends/cuda/kernels/copies.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

testing::AssertionResult compiles(const std::string& source) {
  // Tests of the same text (of another dtype, say) need it compiled once.
  static auto* good = new std::set<std::string>;
  if (good->count(source)) return testing::AssertionSuccess();
  nvrtcProgram program;
  nvrtcCreateProgram(&program, source.c_str(), "kernel.cu", 0, nullptr, nullptr);
  const char* options[] = {"--gpu-architecture=sm_90", "--fmad=false", "--std=c++17",
                           "--disable-warnings"};
  nvrtcResult result = nvrtcCompileProgram(program, 4, options);
  size_t size = 0;
  nvrtcGetProgramLogSize(program, &size);
  std::string log(size, '\0');
  nvrtcGetProgramLog(program, log.data());
  nvrtcDestroyProgram(&program);
  if (result == NVRTC_SUCCESS) {
    good->insert(source);
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << log << source;
}

class CudaText : public testing::TestWithParam<Dtype> {};

// One kernel with all rows that have a value in this dtype.
TEST_P(CudaText, OfEveryRowCompiles) {
  Dtype dtype = GetParam();
  FusedKernel kernel;
  kernel.shape = {8};
  kernel.input_dtypes = {dtype, dtype, dtype, Dtype::bool_};
  Launch launch;
  auto operand = [](Dtype of) { return Operand{.shape = {8}, .strides = {1}, .dtype = of}; };
  for (Dtype input : kernel.input_dtypes) launch.inputs.push_back(operand(input));
  for (int i = 0; i < row_count; ++i) {
    RowTypes types;
    try {
      types = row_types(Row(i), std::span(&dtype, 1));
    } catch (const Error&) {
      continue;  // no value for this dtype
    }
    if (types.compute != dtype) continue;
    ASSERT_NE(cuda::row_source(Row(i), dtype), "") << info(Row(i)).name;
    FusedOp op{.row = Row(i), .dtype = types.output, .inputs = {}};
    for (int k = 0; k < info(Row(i)).arity; ++k) op.inputs.push_back(static_cast<uint16_t>(k));
    if (info(Row(i)).rule == TypeRule::select) op.inputs[0] = 3;
    kernel.stores.push_back(static_cast<uint16_t>(kernel.register_count()));
    kernel.ops.push_back(op);
    launch.outputs.push_back(operand(types.output));
  }
  launch.fused = std::make_shared<FusedKernel>(kernel);
  for (const std::string& text : texts_of(launch)) EXPECT_TRUE(compiles(text));
}

constexpr Dtype all_dtypes[] = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};
INSTANTIATE_TEST_SUITE_P(Rows, CudaText, testing::ValuesIn(all_dtypes),
                         [](const auto& test) { return std::string(name_of(test.param)); });

class CudaLaunch : public testing::TestWithParam<NamedLaunch> {};

TEST_P(CudaLaunch, Compiles) {
  for (const std::string& text : texts_of(GetParam().launch)) EXPECT_TRUE(compiles(text));
}
INSTANTIATE_TEST_SUITE_P(All, CudaLaunch, testing::ValuesIn(all_launches()),
                         [](const auto& test) { return test.param.name; });

TEST(CudaKernels, OfSmallCopiesCompile) {
  for (size_t words : {60, 1000}) EXPECT_TRUE(compiles(cuda::copy_in_source(words)));
  const cuda::SmallResult result{0, 40};
  EXPECT_TRUE(compiles(cuda::results_text({&result, 1}).source));
}

TEST(CudaKernels, ThatIsWrongDoesNotCompile) { EXPECT_FALSE(compiles("not CUDA at all")); }

}  // namespace
}  // namespace lazulite::test
