#include "faults.h"

#include <execinfo.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>

#include "lazulite/core/pending.h"
#include "lazulite/program/plan_cache.h"
#include "scenario.h"
#include "support/temp_folder.h"

// Every scenario is run again and again, and each time another call of the operating system or of
// operator new fails. Nothing may crash, hang or leak, and what the failure did not reach is as
// before: the next run gives the right result.
//
// LAZULITE_FAULTS: how many calls of each kind fail in each scenario ("all", or a number, 8 unless
// set); LAZULITE_FAULTS_SEED chooses them. LAZULITE_FAULT=allocation:17 lets only that one fail.

namespace lazulite::faults {

Scenario function(const char* name, std::function<Arrays()> run) {
  struct Function : Case {
    explicit Function(std::function<Arrays()> f) : f_(std::move(f)) {}
    Arrays run() override { return f_(); }
    std::function<Arrays()> f_;
  };
  return {name, [run] { return std::make_unique<Function>(run); }};
}

namespace {

test::TempFolder& temporary() {
  static test::TempFolder folder;
  return folder;
}

}  // namespace

std::string folder() { return temporary().path(); }

std::vector<uint64_t> chosen(uint64_t calls, std::mt19937& random) {
  const char* text = std::getenv("LAZULITE_FAULTS");
  const bool all = text && std::strcmp(text, "all") == 0;
  const uint64_t wanted = all ? calls : text ? std::strtoull(text, nullptr, 10) : 8;
  std::vector<uint64_t> out;
  if (wanted == 0 || calls == 0) return out;
  // One out of each of so many stretches.
  const uint64_t count = std::min(wanted, calls);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t first = calls * i / count, last = calls * (i + 1) / count;
    out.push_back(1 + first + random() % (last - first));
  }
  return out;
}

std::mt19937 random_choice() {
  const char* seed = std::getenv("LAZULITE_FAULTS_SEED");
  return std::mt19937(seed ? static_cast<unsigned>(std::atoi(seed)) : 1);
}

namespace {

// More than so many calls would make running all of them too slow.
constexpr uint64_t most_calls = 2000;
constexpr unsigned longest_run_seconds = 120;

// What a crash or a hang prints before it ends the process.
char now_running[256];

void tell_and_die(int signal) {
  const char* what = signal == SIGALRM ? "hangs: " : "crashes: ";
  (void)!::write(STDERR_FILENO, what, std::strlen(what));
  (void)!::write(STDERR_FILENO, now_running, std::strlen(now_running));
  void* frames[40];
  backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
  ::signal(signal == SIGALRM ? SIGABRT : signal, SIG_DFL);
  ::raise(signal == SIGALRM ? SIGABRT : signal);
}

bool same(const Array& a, const Array& b, bool exact) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  const auto x = a.to_vector<complex64>(), y = b.to_vector<complex64>();
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [&](complex64 p, complex64 q) {
    return exact ? p == q : std::abs(p - q) <= 1e-5f * (1 + std::abs(q));
  });
}

bool same(const Arrays& a, const Arrays& b, bool exact) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](const Array& x, const Array& y) { return same(x, y, exact); });
}

// Copies, so that nothing of the case itself is held.
Arrays copies(const Arrays& arrays) {
  Arrays out;
  for (const Array& array : arrays) {
    visit_dtype(array.dtype(), [&](auto tag) {
      using T = typename decltype(tag)::type;
      const std::span<const T> values(array.data<T>(), static_cast<size_t>(array.size()));
      out.push_back(Array(values, array.shape()));
    });
  }
  return out;
}

struct Held {
  int64_t blocks, bytes, nodes, files;
  friend bool operator==(const Held&, const Held&) = default;
};

Held held() {
  synchronize();
  clear_plan_cache();
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return {live_blocks(), static_cast<int64_t>(memory_statistics().active_bytes),
          static_cast<int64_t>(PendingNodes::count()), std::distance(files, {})};
}

class Faults : public testing::TestWithParam<Scenario> {
 protected:
  Faults() {
    cache_limit_ = set_cache_limit(0);  // each buffer comes from the system, which may fail
    for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGALRM}) ::signal(signal, tell_and_die);
    // Twice, so that what is kept for good is there.
    for (int i = 0; i < 2; ++i) {
      auto made = set_up();
      before_ = copies(made->state());
      result_ = copies(made->run());
      after_ = copies(made->state());
    }
  }
  ~Faults() override {
    ::alarm(0);
    for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGALRM}) ::signal(signal, SIG_DFL);
    set_cache_limit(cache_limit_);
  }

  // The same each time: the random state is the process's.
  static std::unique_ptr<Case> set_up() {
    for (const std::string& name : temporary().names()) {
      std::filesystem::remove_all(temporary() / name);
    }
    random::seed(1);
    random::state().get().eval();
    auto made = GetParam().make();
    clear_plan_cache();
    return made;
  }

  // The scenarios' own files are not what is tested.
  static bool counts_program(const Fault& fault) { return fault.call == Call::allocate; }

  uint64_t calls(const Fault& fault) {
    auto made = set_up();
    arm(fault, 0, counts_program(fault));
    made->run();
    synchronize();
    return disarm();
  }

  // One failure and what follows it.
  void fail(const Fault& fault, uint64_t n) {
    std::snprintf(now_running, sizeof now_running, "%s, %s:%llu\n", GetParam().name, fault.name,
                  (unsigned long long)n);
    SCOPED_TRACE(now_running);
    ::alarm(longest_run_seconds);
    auto made = set_up();
    std::string error;
    arm(fault, n, counts_program(fault));
    try {
      const Arrays result = made->run();
      disarm();
      EXPECT_TRUE(same(result, result_, made->exact()))
          << "the run that hid the failure has another result";
    } catch (const Error& thrown) {
      disarm();
      error = thrown.what();
      EXPECT_FALSE(error.empty());
    } catch (const std::bad_alloc&) {
      disarm();
      error = "bad_alloc";
    } catch (const std::exception& thrown) {
      disarm();
      ADD_FAILURE() << "a foreign exception: " << thrown.what();
      return;
    }
    EXPECT_TRUE(error.empty() || !fault.harmless) << error;
    EXPECT_TRUE(error != "bad_alloc" || fault.call == Call::allocate) << "a bare bad_alloc";
    if (!error.empty()) expect_old_or_new(*made);
    const bool untouched = same(made->state(), before_, made->exact());
    // What was not done is done now.
    const Arrays again = made->run();
    if (untouched) {
      EXPECT_TRUE(same(again, result_, made->exact())) << "the next run has another result";
    }
    ::alarm(0);
  }

  void expect_old_or_new(Case& made) {
    const Arrays now = made.state();
    ASSERT_EQ(now.size(), before_.size());
    bool all_old = true, all_new = true;
    for (size_t i = 0; i < now.size(); ++i) {
      const bool old = same(now[i], before_[i], made.exact()),
                 fresh = same(now[i], after_[i], made.exact());
      EXPECT_TRUE(old || fresh) << "array " << i << " of the state is neither old nor new:\n"
                                << now[i] << "\nold:\n"
                                << before_[i] << "\nnew:\n"
                                << after_[i];
      all_old = all_old && old;
      all_new = all_new && fresh;
    }
    if (made.changes_together()) {
      EXPECT_TRUE(all_old || all_new) << "a part of the state is new";
    }
  }

  // Something may be kept the first time that it is used, but never more and more.
  void expect_no_leak(const Fault& fault, uint64_t n) {
    Held last = held();
    for (int i = 0; i < 3; ++i) {
      fail(fault, n);
      const Held now = held();
      if (now == last) return;
      if (HasFailure()) return;
      last = now;
    }
    const Held before = last;
    fail(fault, n);
    const Held now = held();
    EXPECT_LE(now.blocks, before.blocks) << fault.name << ":" << n << " leaks blocks";
    EXPECT_LE(now.bytes, before.bytes) << fault.name << ":" << n << " leaks arrays";
    EXPECT_LE(now.nodes, before.nodes) << fault.name << ":" << n << " leaks nodes";
    EXPECT_LE(now.files, before.files) << fault.name << ":" << n << " leaks open files";
  }

  size_t cache_limit_;
  Arrays before_, result_, after_;
};

TEST_P(Faults, AreBorne) {
  std::mt19937 random = random_choice();
  if (const char* text = std::getenv("LAZULITE_FAULT")) {
    uint64_t n = 0;
    const Fault* fault = parse(text, &n);
    ASSERT_NE(fault, nullptr) << "LAZULITE_FAULT is a fault's name and a number";
    expect_no_leak(*fault, n);
    return;
  }
  uint64_t total = 0;
  for (const Fault& fault : all_faults()) {
    const uint64_t count = calls(fault);
    EXPECT_LE(count, most_calls) << fault.name;
    for (uint64_t n : chosen(count, random)) {
      ++total;
      try {
        expect_no_leak(fault, n);
      } catch (const std::exception& error) {
        ADD_FAILURE() << fault.name << ":" << n << " is felt when it is over: " << error.what();
      }
      if (HasFailure()) return;
    }
  }
  RecordProperty("failures", static_cast<int>(total));
}

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> all = graph_scenarios();
  for (auto more :
       {training_scenarios(), transform_scenarios(), failing_scenarios(), file_scenarios()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Faults, testing::ValuesIn(all_scenarios()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lazulite::faults
