// Where lazulite-cnn's output goes: full disks, closed pipes, terminals.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "apps/cnn/progress.h"
#include "cnn.h"

namespace lazulite::test {
namespace {

using testing::HasSubstr;
using testing::Not;

void use_as_output(int descriptor) { ::dup2(descriptor, STDOUT_FILENO); }

TEST_F(Cnn, FailsWhereItsOutputCannotBeWritten) {
  const std::vector<std::string> train = {"--mnist", data(), "--epochs", "1", "--threads", "1"};
  // A private node: programs that go wrong replace what they are told to write to.
  const std::string full = folder() / "full";
  const bool made = ::mknod(full.c_str(), S_IFCHR | 0600, makedev(1, 7)) == 0;
  const int device = made ? ::open(full.c_str(), O_WRONLY | O_CLOEXEC) : -1;
  for (const auto& arguments : {train, {"--help"}, {"--version"}}) {
    if (device >= 0) {
      Program program(work(), arguments, [&] { use_as_output(device); });
      EXPECT_EQ(program.wait(), 1);
      EXPECT_THAT(program.errors(), HasSubstr("standard output cannot be written: No space left"));
    }
    Program closed(work(), arguments, [] { ::close(STDOUT_FILENO); });
    EXPECT_EQ(closed.wait(), 1);
    EXPECT_THAT(closed.errors(), HasSubstr("standard output cannot be written: Bad file"));
  }
  if (device >= 0) ::close(device);
}

TEST_F(Cnn, EndsAsOtherToolsDoWhereNobodyReads) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  const std::vector<std::string> train = {"--mnist", data(), "--epochs", "1", "--threads", "1"};
  Program killed(work(), train, [&] {
    ::signal(SIGPIPE, SIG_DFL);
    use_as_output(ends[1]);
  });
  EXPECT_EQ(killed.wait(), -SIGPIPE);
  Program told(work(), train, [&] {
    ::signal(SIGPIPE, SIG_IGN);
    use_as_output(ends[1]);
  });
  EXPECT_EQ(told.wait(), 1);
  EXPECT_THAT(told.errors(), HasSubstr("standard output cannot be written: Broken pipe"));
  ::close(ends[1]);
}

// With the standard streams closed, files would get their numbers, and the lines meant for the
// terminal.
TEST_F(Cnn, KeepsItsLinesOutOfItsFiles) {
  Program program(
      work(), {"--mnist", data(), "--epochs", "1", "--threads", "1", "--json", "j", "--save", "w"},
      [] {
        for (int stream : {0, 1, 2}) ::close(stream);
      });
  EXPECT_EQ(program.wait(), 1);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Cnn, SaysThatAFileIsTooLarge) {
  auto limit = [] {
    rlimit most{10'000, 10'000};
    ::setrlimit(RLIMIT_FSIZE, &most);
  };
  Program program(work(), {"--mnist", data(), "--epochs", "2", "--threads", "1", "--save", "w"},
                  limit);
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors(), HasSubstr("w cannot be written: File too large"));
  EXPECT_EQ(files(), 0u);
}

TEST_F(Cnn, PrintsWholeLinesWhereThereIsNoTerminal) {
  Program program(work(), {"--mnist", data(), "--epochs", "2", "--batch", "16", "--threads", "1"});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.output(), Not(HasSubstr("\r")));
  EXPECT_THAT(program.output(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(program.output(), HasSubstr("\nepoch  1  training loss "));
}

// All that the program writes to a terminal of so many columns.
std::string on_terminal(const std::filesystem::path& folder, const std::string& data, int columns,
                        const char* kind) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) return "";
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  ::ioctl(terminal, TIOCSWINSZ, &size);
  const int other_side = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  Program program(folder, {"--mnist", data, "--epochs", "60", "--batch", "8", "--threads", "1"},
                  [&] {
                    ::setenv("TERM", kind, 1);
                    use_as_output(other_side);
                  });
  ::close(other_side);
  std::string text;
  char chunk[4096];
  for (ssize_t got; (got = ::read(terminal, chunk, sizeof chunk)) > 0;) {
    text.append(chunk, static_cast<size_t>(got));
  }
  ::close(terminal);
  EXPECT_EQ(program.wait(), 0) << program.errors();
  return text;
}

TEST_F(Cnn, DrawsWithinTheTerminal) {
  for (int columns : {40, 60, 80}) {
    const std::string text = on_terminal(work(), data(), columns, "xterm");
    if (text.empty()) GTEST_SKIP() << "there are no terminals here";
    const std::string erase = "\r\x1b[K";
    for (size_t at = text.find(erase); at != std::string::npos;) {
      at += erase.size();
      const size_t end = text.find_first_of("\r\n", at);
      EXPECT_LT(end - at, static_cast<size_t>(columns)) << text.substr(at, end - at);
      at = text.find(erase, at);
    }
  }
  EXPECT_THAT(on_terminal(work(), data(), 80, "dumb"), Not(HasSubstr("\x1b")));
}

TEST(Progress, ShortensTheBarAndThenTheRest) {
  auto line = [](int width) {
    return cnn::progress_line("epoch", 0.5, "50%  numbers", "rest", width);
  };
  EXPECT_EQ(line(100), "epoch [###############...............] 50%  numbers  rest");
  EXPECT_EQ(line(37), "epoch [#####.....] 50%  numbers  rest");
  EXPECT_EQ(line(31), "epoch [#####.....] 50%  numbers");
  EXPECT_EQ(line(26), "epoch [##...] 50%  numbers");
  EXPECT_EQ(line(20), "epoch 50%  numbers");
  EXPECT_EQ(line(8), "epoch 50");
  EXPECT_EQ(line(-1), "");
  for (int width = 0; width < 120; ++width) EXPECT_LE(line(width).size(), size_t(width));
}

TEST(Progress, WrapsBetweenFields) {
  EXPECT_EQ(cnn::wrapped({"one", "two", "three"}, 80), "one  two  three");
  EXPECT_EQ(cnn::wrapped({"one", "two", "three"}, 8), "one  two\n  three");
  EXPECT_EQ(cnn::wrapped({"one", "two", "three"}, 1), "one\n  two\n  three");
}

}  // namespace
}  // namespace lazulite::test
