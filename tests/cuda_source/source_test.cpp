// What can be said of the printed CUDA text without a compiler for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kernels.h"
#include "lazulite/backends/cuda/kernels/epilogue.h"
#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/points_product.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/operations.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/primitives/custom.h"
#include "lazulite/ops/primitives/named_operation.h"

namespace lazulite::test {
namespace {

using testing::HasSubstr;

TEST(CudaSource, PrintsEveryValueOfTheTable) {
  for (int i = 0; i < row_count; ++i) {
    const RowInfo& row = info(Row(i));
    // bool may be refused where there is a value for integers, hence int32.
    EXPECT_EQ(cuda::row_source(Row(i), Dtype::float32).empty(), *row.floating == '\0') << row.name;
    EXPECT_EQ(cuda::row_source(Row(i), Dtype::complex64).empty(), *row.complex == '\0') << row.name;
    if (row.rule != TypeRule::floating && row.rule != TypeRule::logical) {
      EXPECT_EQ(cuda::row_source(Row(i), Dtype::int32).empty(), *row.integer == '\0') << row.name;
    }
  }
}

TEST(CudaSource, KeepsTheTokensOfTheRow) {
  EXPECT_THAT(cuda::row_source(Row::sigmoid, Dtype::float32),
              HasSubstr(info(Row::sigmoid).floating));
}

std::set<std::string> names_of_kernels() {
  std::set<std::string> names;
  for (const NamedLaunch& launch : primitive_launches()) {
    const auto* call = launch.launch.primitive->get_if<Call>();
    names.insert(call ? call->label() : launch.launch.primitive->type.name);
  }
  return names;
}

// What has no kernel of its own. Elementwise operations, casts and reductions are always fused,
// views show what is there, controls compute nothing.
TEST(CudaSource, HasKernelsForEveryPrimitive) {
  const std::set<std::string> others = {"Elementwise",  "Cast",    "Reduce",    "Alias",
                                        "StopGradient", "Reshape", "Transpose", "Broadcast",
                                        "Slice",        "Depends", "Call",      "CustomTransforms"};
  const std::set<std::string> kernels = names_of_kernels();
  for (const PrimitiveType* type : primitive_types()) {
    EXPECT_NE(kernels.count(type->name), others.count(type->name)) << type->name;
  }
}

// Of the library's operations that are Custom those for which no library of the device's is taken.
TEST(CudaSource, HasKernelsForOperations) {
  for (const char* name : {"eig", "eigvals"}) {
    const Operand matrix{.shape = {100, 100}, .strides = {100, 1}};
    const Launch launch{
        make_primitive(Custom{NamedOperation::named(name)}), nullptr, {matrix}, {matrix}};
    EXPECT_FALSE(cuda::can_run_primitive(launch)) << name;
  }
}

// What every library would be asked for is there without it.
TEST(CudaSource, NeedsNoLibraryForSmallMatrices) {
  for (const NamedLaunch& launch : primitive_launches()) {
    const auto* custom = launch.launch.primitive->get_if<Custom>();
    if (!custom) {
      EXPECT_EQ(cuda::needed_library(launch.launch), cuda::NeededLibrary::none) << launch.name;
    } else if (launch.launch.inputs[0].shape.back() <= 64) {
      EXPECT_NE(cuda::needed_library(launch.launch), cuda::NeededLibrary::solver) << launch.name;
    } else {
      EXPECT_EQ(cuda::needed_library(launch.launch), cuda::NeededLibrary::solver) << launch.name;
    }
  }
}

TEST(CudaSource, HasKernelsForEveryCall) {
  const std::set<std::string> kernels = names_of_kernels();
#define CALL(name, ...) EXPECT_TRUE(kernels.count(#name)) << #name;
#include "lazulite/ops/calls.def"
#undef CALL
}

TEST(CudaSource, DependsOnTheLaunchAlone) {
  std::vector<NamedLaunch> launches = all_launches(), again = all_launches();
  for (size_t i = 0; i < launches.size(); ++i) {
    EXPECT_EQ(texts_of(launches[i].launch), texts_of(again[i].launch)) << launches[i].name;
  }
}

TEST(CudaSource, RefusesARowWithoutValue) {
  Launch launch = fused_launches()[0].launch;
  FusedKernel kernel = *launch.fused;
  kernel.ops[0].row = Row::bitwise_and;
  launch.fused = std::make_shared<FusedKernel>(kernel);
  EXPECT_FALSE(cuda::can_run_fused(launch));
  EXPECT_THROW(texts_of(launch), Error);
}

TEST(CudaSource, ServesOtherSizesWithTheSameText) {
  auto text = [](int64_t rows, int64_t columns) {
    Operand x{.shape = {rows, columns}, .strides = {columns, 1}};
    Operand y = x;
    y.slot = 1;
    return texts_of(copy_launch(x, y));
  };
  EXPECT_EQ(text(3, 5), text(30, 7));
}

Launch square_of(const Operand& x, Operand y) {
  FusedKernel kernel;
  kernel.shape = x.shape;
  kernel.input_dtypes = {x.dtype};
  kernel.ops = {{.row = Row::square, .dtype = x.dtype, .inputs = {0}}};
  kernel.stores = {1};
  y.shape = x.shape;
  y.strides = row_major_strides(x.shape);
  return {nullptr, std::make_shared<FusedKernel>(kernel), {x}, {y}};
}

TEST(CudaEpilogue, IsWhatFollowsOnTheSameElements) {
  const Operand matrix{.slot = 1, .shape = {4, 6}, .strides = {6, 1}};
  Operand elsewhere = matrix;
  elsewhere.slot = 2;
  const auto epilogue = cuda::epilogue_of(matrix, square_of(matrix, elsewhere));
  ASSERT_TRUE(epilogue.has_value());
  EXPECT_TRUE(epilogue->stores_matrix);
  EXPECT_THAT(epilogue->functions, HasSubstr(info(Row::square).floating));
  EXPECT_EQ(epilogue->pointers.size(), 1);
  // Of another array there is nothing to take over.
  EXPECT_FALSE(cuda::epilogue_of(matrix, square_of(elsewhere, elsewhere)).has_value());
}

TEST(CudaEpilogue, LeavesOutWhatItOverwrites) {
  const Operand matrix{.slot = 1, .shape = {4, 6}, .strides = {6, 1}};
  Operand same = matrix;
  same.shares_input = 0;
  const auto epilogue = cuda::epilogue_of(matrix, square_of(matrix, same));
  ASSERT_TRUE(epilogue.has_value());
  EXPECT_FALSE(epilogue->stores_matrix);
}

// As a kernel divides.
uint32_t quotient(uint32_t number, const cuda::Axis& axis) {
  const auto high = static_cast<uint32_t>((uint64_t{number} * axis.magic) >> 32);
  return (high + number) >> axis.shift;
}

TEST(CudaAxis, DividesEveryNumber) {
  std::vector<uint32_t> sizes = {1,
                                 2,
                                 3,
                                 5,
                                 7,
                                 10,
                                 16,
                                 24,
                                 641,
                                 65535,
                                 65536,
                                 65537,
                                 1000003,
                                 (1u << 30) - 1,
                                 1u << 30,
                                 (1u << 30) + 1,
                                 (1u << 31) - 1};
  std::vector<uint32_t> numbers = {0, 1, 2, 1u << 16, (1u << 31) - 2, (1u << 31) - 1};
  for (uint32_t size : sizes) {
    const cuda::Axis axis(size);
    for (uint32_t multiple : {1u, 2u, 3u, 1000u, ((1u << 31) - 1) / size}) {
      for (uint32_t off : {0u, 1u, size - 1}) {
        const uint64_t number =
            uint64_t{size} * multiple - (off == 1 ? 1 : 0) + (off > 1 ? off : 0);
        if (number < (1u << 31)) numbers.push_back(static_cast<uint32_t>(number));
      }
    }
    for (uint32_t number : numbers) {
      ASSERT_EQ(quotient(number, axis), number / size) << number << " / " << size;
    }
  }
}

// A block's static shared memory is 48 KB at most.
TEST(CudaPoints, ProductsOfAnySizesFitInSharedMemory) {
  for (bool transposed : {false, true}) {
    for (int64_t m : {4, 52, 256, 8192}) {
      for (int64_t n : {4, 20, 52, 64, 124, 128, 300, 512}) {
        for (int64_t k : {4, 20, 52, 100, 104, 256, 1024}) {
          cuda::Recipe recipe;
          const cuda::PointsProduct product{
              .batch = 64, .m = m, .n = n, .k = k, .a_transposed = transposed};
          const bool by_rows = !transposed && prefers_rows(product, 8);
          if (by_rows) {
            add_rows_product(product, {8, 4, ""}, recipe);
          } else {
            add_points_product(product, recipe);
          }
          const auto& text = std::get<cuda::KernelText>(recipe.steps[0]);
          auto number = [&](const std::string& name) {
            return std::stol(
                text.source.substr(text.source.find("#define " + name + " ") + name.size() + 9));
          };
          const long depth = number("BK"), rows = number("TY") * number("TM");
          const long columns = number("TX") * number("TN");
          // Rows of a may be 16 bytes longer.
          const long longer = transposed ? 0 : 4 * rows;
          const long stages = by_rows ? 2 : number("STAGES");
          EXPECT_LE(4 * stages * ((rows + columns) * depth + longer), 48 << 10)
              << m << " " << n << " " << k;
          EXPECT_EQ(text.block, number("TX") * number("TY"));
          EXPECT_GE(text.grid[0] * rows, m);
          EXPECT_GE(text.grid[1] * columns, n);
        }
      }
    }
  }
}

TEST(CudaAxes, AreJoinedWhereAllOperandsLieAlike) {
  cuda::Joined joined = cuda::join_axes({4, 1, 5, 6}, {{30, 7, 6, 1}, {0, 0, 0, 0}});
  EXPECT_EQ(joined.shape, (Shape{120}));
  EXPECT_EQ(joined.strides[0], (Strides{1}));
  joined = cuda::join_axes({4, 5, 6}, {{30, 6, 1}, {0, 6, 1}});
  EXPECT_EQ(joined.shape, (Shape{4, 30}));
  EXPECT_EQ(joined.strides[1], (Strides{0, 1}));
  EXPECT_TRUE(cuda::join_axes({1, 1}, {{3, 1}}).shape.empty());
}

}  // namespace
}  // namespace lazulite::test
