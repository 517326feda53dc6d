#include "lazulite/io/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>

#include "lazulite/core/errors.h"
#include "support/temp_folder.h"
#include "support/threads.h"

namespace lazulite {
namespace {

namespace fs = std::filesystem;
using test::content_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void put(const std::string& path, const std::string& text) {
  io::AtomicFile file(path);
  file.write(text);
  file.commit();
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Refused when it is written and when it is asked before, for the same reason.
void expect_refused(const std::string& path, const std::string& words) {
  EXPECT_THAT(error_of([&] { put(path, "text"); }), HasSubstr(words));
  EXPECT_THAT(error_of([&] { io::check_writable(path); }), HasSubstr(words));
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

// The code runs as another user in a child, where nothing is allowed that root is: true if it
// returns true. Skips where the process may not become one.
bool as_nobody(const std::function<bool()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
    bool good = false;
    try {
      good = call();
    } catch (...) {
    }
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class AtomicFile : public testing::Test {
 protected:
  test::TempFolder folder_;
};

TEST_F(AtomicFile, AppearsAtTheCommit) {
  {
    io::AtomicFile file(folder_ / "f");
    file.write("ab");
    file.write("cd");
    EXPECT_FALSE(fs::exists(folder_ / "f"));
    file.commit();
  }
  EXPECT_EQ(content_of(folder_ / "f"), "abcd");
  { io::AtomicFile(folder_ / "g").write("never committed"); }
  EXPECT_THAT(folder_.names(), ElementsAre("f"));
}

TEST_F(AtomicFile, WritersOfOnePathDoNotMeet) {
  std::vector<std::string> texts;
  for (char c : {'a', 'b', 'c', 'd'}) texts.emplace_back(100'000, c);
  std::atomic<int> failures = 0;
  test::in_threads(4, [&](int thread) {
    const std::string& text = texts[static_cast<size_t>(thread)];
    for (int i = 0; i < 20; ++i) {
      if (error_of([&] { put(folder_ / "f", text); }) != "no error") ++failures;
      const std::string found = content_of(folder_ / "f");
      if (std::find(texts.begin(), texts.end(), found) == texts.end()) ++failures;
    }
  });
  EXPECT_EQ(failures, 0);
  EXPECT_THAT(folder_.names(), ElementsAre("f"));
}

TEST_F(AtomicFile, TheLastToCommitIsThere) {
  io::AtomicFile first(folder_ / "f"), second(folder_ / "f");
  second.write("second");
  first.write("first");
  second.commit();
  first.commit();
  EXPECT_EQ(content_of(folder_ / "f"), "first");
}

TEST_F(AtomicFile, KeepsTheMode) {
  for (mode_t mode : {0600, 0640, 0755, 0666}) {
    const std::string path = folder_.write("f", "old");
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    put(path, "new");
    EXPECT_EQ(mode_of(path), mode);
    EXPECT_EQ(content_of(path), "new");
  }
  const mode_t mask = ::umask(027);
  put(folder_ / "fresh", "");
  ::umask(mask);
  EXPECT_EQ(mode_of(folder_ / "fresh"), mode_t{0640});
}

TEST_F(AtomicFile, KeepsTheOwner) {
  const std::string path = folder_.write("f", "old");
  if (::chown(path.c_str(), 65534, 65534) != 0) GTEST_SKIP() << "only root gives files away";
  ASSERT_EQ(::chmod(path.c_str(), 06640), 0);
  put(path, "new");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534u);
  EXPECT_EQ(status.st_gid, 65534u);
  EXPECT_EQ(mode_of(path), mode_t{06640});
}

TEST_F(AtomicFile, GivesNobodyMoreThanBefore) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const std::string path = folder_.write("f", "old");
  // Another user, who may write the file and its folder, but not give a file to group 0.
  ASSERT_EQ(::chmod(path.c_str(), 02662), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_TRUE(as_nobody([&] {
    put(path, "new");
    return true;
  }));
  EXPECT_EQ(content_of(path), "new");
  EXPECT_EQ(mode_of(path), mode_t{0622});
}

TEST_F(AtomicFile, ReplacesWhatASymbolicLinkNames) {
  fs::create_directory(folder_ / "sub");
  const std::string target = folder_.write("sub/target", "old");
  fs::create_symlink("sub/target", folder_ / "relative");
  fs::create_symlink(target, folder_ / "absolute");
  fs::create_symlink("relative", folder_ / "twice");
  fs::create_symlink("../sub/fresh", folder_ / "sub/dangling");
  for (const char* name : {"relative", "absolute", "twice"}) {
    put(folder_ / name, name);
    EXPECT_TRUE(fs::is_symlink(folder_ / name));
    EXPECT_EQ(content_of(target), name);
  }
  put(folder_ / "sub/dangling", "fresh");
  EXPECT_TRUE(fs::is_symlink(folder_ / "sub/dangling"));
  EXPECT_EQ(content_of(folder_ / "sub/fresh"), "fresh");
  // Also a link with nothing but a name, from inside its folder.
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  put("relative", "from inside");
  fs::current_path(before);
  EXPECT_EQ(content_of(target), "from inside");
  EXPECT_FALSE(fs::is_symlink(target));

  fs::create_symlink("circle", folder_ / "circle");
  expect_refused(folder_ / "circle", "symbolic link");
  fs::create_symlink("no/where", folder_ / "nowhere");
  expect_refused(folder_ / "nowhere", "No such file");
}

TEST_F(AtomicFile, RefusesWhatIsNoFile) {
  fs::create_directory(folder_ / "sub");
  fs::create_symlink("sub", folder_ / "link");
  expect_refused("", "empty");
  expect_refused(folder_ / "sub", "it is a folder");
  expect_refused(folder_ / "sub/", "it is a folder");
  expect_refused(folder_ / "sub/..", "it is a folder");
  expect_refused(folder_ / "fresh/", "it is a folder");
  expect_refused(folder_ / "link", "it is a folder");
  expect_refused(folder_ / "missing/f", "cannot be opened");
  expect_refused(folder_.write("f", "") / "g", "Not a directory");
  expect_refused(folder_ / std::string("a\0b", 3), "zero byte");
  expect_refused(folder_ / std::string(300, 'n'), "name too long");

  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{AF_UNIX, {}};
  const std::string socket = folder_ / "socket";
  ASSERT_LT(socket.size(), sizeof address.sun_path);
  socket.copy(address.sun_path, socket.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  expect_refused(socket, "it is a socket");
  ::close(listener);
  EXPECT_THAT(folder_.names(), ElementsAre("f", "link", "socket", "sub"));
}

TEST_F(AtomicFile, TakesTheLongestNames) {
  put(folder_ / std::string(255, 'n'), "text");
  EXPECT_THAT(folder_.names(), ElementsAre(std::string(255, 'n')));
}

TEST_F(AtomicFile, RefusesWhatMayNotBeWritten) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  const std::string protected_file = folder_.write("protected", "old");
  ASSERT_EQ(::chmod(protected_file.c_str(), 0444), 0);
  const std::string open_file = folder_.write("closed/f", "old");
  ASSERT_EQ(::chmod(open_file.c_str(), 0666), 0);
  ASSERT_EQ(::chmod((folder_ / "closed").c_str(), 0555), 0);
  // Its files may be replaced, but not listed.
  fs::create_directory(folder_ / "unlisted");
  ASSERT_EQ(::chmod((folder_ / "unlisted").c_str(), 0333), 0);
  EXPECT_TRUE(as_nobody([&] {
    auto refused = [](const std::string& path, const std::string& words) {
      return error_of([&] { put(path, "new"); }).find(words) != std::string::npos &&
             error_of([&] { io::check_writable(path); }).find(words) != std::string::npos;
    };
    put(folder_ / "unlisted/f", "new");
    return refused(protected_file, "protected cannot be written: Permission denied") &&
           refused(open_file, "no file can be made in the folder");
  }));
  EXPECT_EQ(content_of(protected_file), "old");
  EXPECT_EQ(content_of(open_file), "old");
  EXPECT_EQ(content_of(folder_ / "unlisted/f"), "new");
  EXPECT_THAT(folder_.names(), ElementsAre("closed", "protected", "unlisted"));
}

// Nodes of the test's own: a mistake must not replace the machine's.
TEST_F(AtomicFile, WritesThroughDevices) {
  const std::string null = folder_ / "null", full = folder_ / "full";
  if (::mknod(null.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0 ||
      ::mknod(full.c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0 ||
      ::access(null.c_str(), W_OK) != 0 || ::open(null.c_str(), O_WRONLY) < 0) {
    GTEST_SKIP() << "devices cannot be made here";
  }
  put(null, "text");
  EXPECT_THAT(error_of([&] { put(full, "text"); }), HasSubstr("No space left"));
  EXPECT_TRUE(fs::is_character_file(null));
  EXPECT_TRUE(fs::is_character_file(full));
  EXPECT_EQ(mode_of(null), mode_t{0600});
  const std::string block = folder_ / "block";
  ASSERT_EQ(::mknod(block.c_str(), S_IFBLK | 0600, makedev(1, 0)), 0);
  expect_refused(block, "block device");
  EXPECT_THAT(folder_.names(), ElementsAre("block", "full", "null"));
}

TEST_F(AtomicFile, WritesThroughAFifo) {
  const std::string path = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { put(path, "text"); }), HasSubstr("nobody reads"));
  // More than a pipe holds, so that writing waits for the reader.
  const std::string text(300'000, 'x');
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  io::check_writable(path);
  std::future<void> writer = std::async(std::launch::async, [&] { put(path, text); });
  ASSERT_EQ(::fcntl(reader, F_SETFL, 0), 0);
  std::string found;
  char part[4096];
  while (found.size() < text.size()) {
    const bool ended = writer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    const ssize_t got = ::read(reader, part, sizeof part);
    if (got > 0) found.append(part, static_cast<size_t>(got));
    if (ended && got <= 0) break;
  }
  writer.get();
  EXPECT_EQ(::read(reader, part, sizeof part), 0);
  EXPECT_EQ(found, text);
  EXPECT_TRUE(fs::is_fifo(path));

  // A reader that goes away is an error, and no SIGPIPE ends the process.
  io::AtomicFile file(path);
  ::close(reader);
  EXPECT_THAT(error_of([&] { file.write("text"); }), HasSubstr("Broken pipe"));
}

// What is written goes on where the descriptor stands; its file is not replaced.
TEST_F(AtomicFile, WritesThroughOwnDescriptors) {
  const std::string path = folder_.write("f", "");
  const int descriptor = ::open(path.c_str(), O_RDWR);
  ASSERT_EQ(::write(descriptor, "first ", 6), 6);
  fs::create_symlink("/dev/fd/" + std::to_string(descriptor), folder_ / "link");
  put("/proc/self/fd/" + std::to_string(descriptor), "second ");
  put("/dev/fd/" + std::to_string(descriptor), "third ");
  put(folder_ / "link", "fourth ");
  ASSERT_EQ(::write(descriptor, "fifth", 5), 5);
  ::close(descriptor);
  EXPECT_EQ(content_of(path), "first second third fourth fifth");

  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  put("/dev/fd/" + std::to_string(ends[1]), "through a pipe");
  char part[64];
  EXPECT_EQ(std::string(part, static_cast<size_t>(::read(ends[0], part, sizeof part))),
            "through a pipe");
  ::close(ends[0]);
  ::close(ends[1]);
}

// A limit on the size of files fails as a full disk does; the signal that comes with it would end
// the process.
TEST_F(AtomicFile, KeepsTheOldFileWhereTheDiskIsFull) {
  const std::string path = folder_.write("f", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  io::AtomicFile file(path);
  const std::string error = error_of([&] { file.write(std::string(10'000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(error, HasSubstr("File too large"));
  // Giving up is for good: half a file is never committed.
  EXPECT_NE(error_of([&] { file.commit(); }), "no error");
  EXPECT_EQ(content_of(path), "old");
  EXPECT_THAT(folder_.names(), ElementsAre("f"));
}

TEST_F(AtomicFile, CheckingChangesNothing) {
  io::check_writable(folder_ / "fresh");
  EXPECT_THAT(folder_.names(), IsEmpty());
  const std::string path = folder_.write("f", "old");
  io::check_writable(path);
  EXPECT_EQ(content_of(path), "old");
  EXPECT_THAT(folder_.names(), ElementsAre("f"));
}

}  // namespace
}  // namespace lazulite
