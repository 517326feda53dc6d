// What lazulite-top shows, and what it refuses.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "lazulite/core/version.h"
#include "program.h"

namespace lazulite::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class Top : public testing::Test {
 protected:
  Top() : folder_(fs::temp_directory_path() / ("lazulite_top_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Top() override { fs::remove_all(folder_); }

  Program start(const std::vector<std::string>& arguments) {
    return Program(LAZULITE_TOP, folder_, arguments, {});
  }

  fs::path folder_;
};

TEST_F(Top, ShowsItOnce) {
  Program program = start({"--once", "--interval", "0.05"});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.output(), HasSubstr("cores,"));
  Program version = start({"--version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_EQ(version.output(), std::string("lazulite-top ") + lazulite::version() + "\n");
}

TEST_F(Top, NamesWhatIsWrongWithItsUse) {
  for (const char* interval : {"0", "-1", "nan", "inf", "1e300", "soon"}) {
    Program program = start({"--once", std::string("--interval=") + interval});
    EXPECT_EQ(program.wait(), 2) << interval;
    EXPECT_THAT(program.errors(), StartsWith("lazulite-top: "));
    EXPECT_EQ(program.output(), "");
  }
  Program program = start({"--bogus"});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(program.errors(), StartsWith("lazulite-top: "));
  EXPECT_THAT(program.errors(), HasSubstr("--bogus"));
}

TEST_F(Top, SaysThatItCannotWrite) {
  Program program(LAZULITE_TOP, folder_, {"--once", "--interval", "0.05"},
                  [] { (void)!freopen("/dev/full", "w", stdout); });
  EXPECT_EQ(program.wait(), 1);
}

}  // namespace
}  // namespace lazulite::test
