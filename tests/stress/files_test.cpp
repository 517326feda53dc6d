// Files and loaders beside computation.
#include "stress/stress.h"
#include "support/temp_folder.h"

namespace lazulite::stress {
namespace {

using Files = StressTest;

// Whoever reads finds one of the files that were written, and never a mixture.
TEST_F(Files, AreSavedToOnePathByAll) {
  test::TempFolder folder;
  std::string path = folder / "weights.safetensors";
  auto save = [&](int k) {
    Array value = full({40, 50}, k, Dtype::float32);
    io::save_safetensors(path, {{"a", value}, {"b", value + 0}});
  };
  save(0);
  together(4, [&](int i) {
    for (int k = 0; k < rounds(25); ++k) {
      if (i < 2) {
        save(2 * k + i);
        continue;
      }
      auto read = io::load_safetensors(path);
      ASSERT_EQ(read.size(), 2u);
      float value = min(read[0].second).item<float>();
      for (const auto& [name, array] : read) {
        expect_same(array, full({40, 50}, value, Dtype::float32));
      }
    }
  });
  EXPECT_EQ(folder.names(), std::vector<std::string>{"weights.safetensors"});
}

TEST_F(Files, LoadersRunBesideEachOther) {
  constexpr int64_t count = 500;
  std::vector<float> numbers(count);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
  auto dataset = std::make_shared<data::ArrayDataset>(Array(numbers, {count, 1, 1, 1}),
                                                      arange(count).astype(Dtype::int32).eval());
  Array x = whole_numbers({90, 90}, 3);
  Array expected = heavy(x).eval();
  for (int round = 0; round < rounds(5); ++round) {
    together(3, [&](int i) {
      if (i == 2) {
        for (int k = 0; k < 10; ++k) expect_same(heavy(x), expected);
        return;
      }
      data::DataLoader loader(dataset, {.batch_size = 32, .shuffle = true, .workers = 2});
      for (int epoch = 0; epoch < 3; ++epoch) {
        double total = 0;
        for (const data::Batch& batch : loader) total += sum(batch.labels).item<double>();
        EXPECT_EQ(total, count * (count - 1) / 2.0);
      }
    });
  }
}

}  // namespace
}  // namespace lazulite::stress
