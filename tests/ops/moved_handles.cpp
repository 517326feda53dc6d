// Handles to what several share go on to stand for it when they have been moved from.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

using Values = std::vector<float>;

struct Net : nn::Module {
  nn::Linear hidden{3, 4}, out{4, 1};
  Net() { modules({{"hidden", hidden}, {"out", out}}); }
  Array operator()(const Array& x) const { return out(nn::relu(hidden(x))); }
};

TEST(MovedHandles, AreTheSameModules) {
  const Array x = arange(6.0f).reshape({2, 3});
  Net net;
  const Values expected = net(x).to_vector<float>();
  Net other = std::move(net);
  EXPECT_EQ(net(x).to_vector<float>(), expected);
  EXPECT_EQ(other(x).to_vector<float>(), expected);
  EXPECT_EQ(net.parameters().size(), 4u);
  Net third;
  third = std::move(other);
  EXPECT_EQ(other(x).to_vector<float>(), expected);

  nn::Sequential layers(net, nn::Linear(1, 2));
  const Values through = layers(x).to_vector<float>();
  const nn::Sequential moved = std::move(layers);
  EXPECT_EQ(layers(x).to_vector<float>(), through);
  EXPECT_EQ(moved(x).to_vector<float>(), through);
  EXPECT_EQ(layers.size(), 2u);
}

TEST(MovedHandles, AreTheSameCells) {
  Cell cell(ones({2}), "place");
  Cell other = std::move(cell);
  cell = zeros({3});
  EXPECT_EQ(other.get().shape(), Shape{3});
  EXPECT_EQ(cell.name(), "place");
  Version version;
  const Version moved = std::move(version);
  version.set(5);
  EXPECT_EQ(moved.value()->load(), 5u);
}

TEST(MovedHandles, AreTheSameFunctions) {
  const ArraysFunction doubled = [](const Arrays& x) { return Arrays{x[0] * 2}; };
  CompiledFunction compiled = compile_arrays(doubled);
  CompiledFunction other = std::move(compiled);
  EXPECT_EQ(compiled({ones({2})})[0].to_vector<float>(), Values(2, 2));
  EXPECT_NE(other.plan(), nullptr);
  CustomFunction custom(doubled);
  CustomFunction moved = std::move(custom);
  EXPECT_EQ(custom({ones({2})})[0].to_vector<float>(), Values(2, 2));

  test::TempFolder folder;
  io::export_function(folder / "doubled", doubled, {ones({2})});
  io::ImportedFunction imported = io::import_function(folder / "doubled");
  const io::ImportedFunction kept = std::move(imported);
  EXPECT_EQ(imported({ones({2})})[0].to_vector<float>(), Values(2, 2));
  EXPECT_THROW(io::ImportedFunction()({ones({2})}), Error);
  EXPECT_THROW(io::ImportedFunction().metadata(), Error);
}

}  // namespace
}  // namespace lazulite
