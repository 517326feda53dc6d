#include "cnn.h"
#include "lazulite/io/safetensors.h"

namespace lazulite::test {
namespace {

// The program in the README, as it stands there.
TEST_F(Cnn, ReadmeTrainsAndSaves) {
  write_images("train", 200, 28, 28);
  std::filesystem::rename(data(), work() / "mnist");
  Program program(README_PROGRAM, work(), {}, {});
  EXPECT_EQ(program.wait(), 0) << program.errors();
  EXPECT_THAT(program.output(), testing::MatchesRegex("(array\\([0-9.e-]+, dtype=float32\\)\n)+"));
  EXPECT_EQ(io::load_safetensors(work() / "net.safetensors").size(), 4u);
}

}  // namespace
}  // namespace lazulite::test
