// program_fuzz: random programs, run in many ways that must agree.
//
//   program_fuzz [--first N] [--count N] [--minutes M]   seeds from N on
//   program_fuzz --seed N                                 one seed, minimised if it fails
//   program_fuzz --list N                                 the program of a seed
//   program_fuzz --coverage N                             what no program of N seeds reaches
//   program_fuzz --export FIRST LAST                      programs with results, for Python
//   program_fuzz --operations                             the names of all operations
//
// Programs run in a worker process of their own, so that one that crashes or hangs is a failure
// like any other, and is made smaller like any other.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "fuzz/check.h"
#include "fuzz/coverage.h"
#include "fuzz/exchange.h"
#include "fuzz/generate.h"
#include "fuzz/minimise.h"
#include "fuzz/operation.h"
#include "lazulite/core/errors.h"

extern char** environ;

namespace lazulite::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Longest that one program may take: what takes longer hangs.
constexpr unsigned deadline = 120;

/// What checking one program came to.
struct Verdict {
  std::string check;  // empty if all is well
  std::string text;
};

void print(const Verdict& verdict) {
  std::string text = verdict.text;
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::cout << "FAIL\t" << verdict.check << "\t" << text << std::endl;
}

Verdict check_here(const Program& program, const std::string& only, size_t* nodes) {
  try {
    if (auto failure = check(program, only, nodes)) return {failure->check, failure->text};
  } catch (const std::exception& error) {
    return {"exception", error.what()};
  }
  return {};
}

// In the worker: seeds one after the other, told before and after; or one program from the
// standard input.
int work_on_seeds(uint64_t first, uint64_t last) {
  size_t nodes = 0;
  for (uint64_t seed = first; seed < last; ++seed) {
    alarm(deadline);
    std::cout << "SEED\t" << seed << std::endl;
    Verdict verdict;
    try {
      verdict = check_here(generate(seed), "", &nodes);
    } catch (const std::exception& error) {
      verdict = {"exception", std::string("while it was made: ") + error.what()};
    }
    if (!verdict.check.empty()) print(verdict);
    std::cout << "DONE\t" << nodes << std::endl;
  }
  return 0;
}

int work_on_program(const std::string& only) {
  alarm(deadline / 4);
  std::stringstream text;
  text << std::cin.rdbuf();
  Verdict verdict = check_here(parse(text.str()), only, nullptr);
  if (!verdict.check.empty()) print(verdict);
  return 0;
}

/// A worker: this very program, with other arguments.
class Worker {
 public:
  Worker(std::vector<std::string> arguments, const std::string& input = "") {
    int out[2], in[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0) throw Error("fuzz: pipe failed");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    arguments.insert(arguments.begin(), "program_fuzz");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(in[0]);
    if (failed) throw Error("fuzz: the worker cannot be started");
    // A program is shorter than what a pipe holds.
    if (write(in[1], input.data(), input.size()) < 0) throw Error("fuzz: write failed");
    close(in[1]);
    lines_ = fdopen(out[0], "r");
  }
  ~Worker() {
    if (lines_) fclose(lines_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool line(std::string& out) {
    char* buffer = nullptr;
    size_t size = 0;
    ssize_t length = getline(&buffer, &size, lines_);
    if (length >= 0) out.assign(buffer, static_cast<size_t>(length) - 1);
    free(buffer);
    return length >= 0;
  }

  /// Empty if it ended well, else how it died.
  std::string wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return "hangs";
    if (WIFSIGNALED(status)) return strsignal(WTERMSIG(status));
    return WEXITSTATUS(status) ? "exit status " + std::to_string(WEXITSTATUS(status)) : "";
  }

 private:
  pid_t pid_ = 0;
  FILE* lines_ = nullptr;
};

Verdict verdict_of(const std::string& line) {
  size_t tab = line.find('\t', 5);
  return {line.substr(5, tab - 5), line.substr(tab + 1)};
}

// A program in a process of its own.
Verdict check_apart(const Program& program, const std::string& only) {
  Worker worker({"--program", only}, serialise(program));
  Verdict verdict;
  for (std::string line; worker.line(line);) {
    if (line.starts_with("FAIL\t")) verdict = verdict_of(line);
  }
  std::string death = worker.wait();
  if (!death.empty()) return {"crash", death};
  return verdict;
}

void report(uint64_t seed, const Verdict& verdict) {
  std::cout << "\nseed " << seed << " fails: " << verdict.check << ": " << verdict.text
            << std::endl;
  Program program;
  try {
    program = generate(seed);
  } catch (const std::exception&) {
    return;
  }
  // Crashes are looked for in all checks, others in their own.
  std::string only = verdict.check == "crash" || verdict.check == "exception" ? "" : verdict.check;
  if (!only.empty() && check_apart(program, only).check.empty()) only = "";
  Verdict last;
  program = minimised(program, [&](const Program& candidate) {
    Verdict now = check_apart(candidate, only);
    if (now.check != verdict.check) return false;
    last = now;
    return true;
  });
  if (last.check.empty()) {
    std::cout << "does not fail by itself, only after the programs before it\n";
  } else {
    std::cout << "minimised: " << last.text << "\n";
  }
  std::cout << listing(program) << "replay: program_fuzz --seed " << seed << std::endl;
}

struct Options {
  uint64_t first = 1, count = ~uint64_t{0};
  double minutes = 0;
};

int drive(const Options& options) {
  constexpr uint64_t batch = 2000;
  auto start = Clock::now();
  size_t programs = 0, nodes = 0, failures = 0;
  uint64_t seed = options.first,
           end = options.count == ~uint64_t{0} ? ~uint64_t{0} : seed + options.count;
  auto over = [&] {
    return seed >= end || (options.minutes > 0 && seconds_since(start) > 60 * options.minutes);
  };
  std::cout << "seeds from " << seed << std::endl;
  while (!over()) {
    uint64_t last = std::min(end, seed + batch);
    Worker worker({"--seeds", std::to_string(seed), std::to_string(last)});
    Verdict verdict;
    size_t batch_nodes = 0;
    bool stopped = false, running = false;
    for (std::string line; worker.line(line);) {
      if (line.starts_with("SEED\t")) {
        seed = std::stoull(line.substr(5));
        running = true;
        verdict = {};
      } else if (line.starts_with("FAIL\t")) {
        verdict = verdict_of(line);
      } else if (line.starts_with("DONE\t")) {
        batch_nodes = std::stoull(line.substr(5));
        running = false;
        ++programs;
        if (!verdict.check.empty()) {
          ++failures;
          report(seed, verdict);
        }
        ++seed;
        stopped = over();
        if (stopped) break;
      }
    }
    nodes += batch_nodes;
    if (stopped) break;
    std::string death = worker.wait();
    if (!death.empty() || running) {
      ++failures;
      ++programs;
      report(seed, {"crash", death});
      ++seed;
    }
  }
  std::cout << "\n"
            << programs << " programs, " << nodes << " nodes, "
            << static_cast<int>(seconds_since(start)) << " s, " << failures
            << " failures; the next seed is " << seed << std::endl;
  return failures ? 1 : 0;
}

int main(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    auto number = [&] { return std::stoull(arguments.at(++i)); };
    const std::string& word = arguments[i];
    if (word == "--first") {
      options.first = number();
    } else if (word == "--count") {
      options.count = number();
    } else if (word == "--minutes") {
      options.minutes = std::stod(arguments.at(++i));
    } else if (word == "--seed") {
      options.first = number();
      options.count = 1;
    } else if (word == "--list") {
      Program program = generate(number());
      std::cout << listing(program);
      return 0;
    } else if (word == "--coverage") {
      std::string missing = unreached(number());
      std::cout << missing << (missing.empty() ? "all is reached\n" : "is reached by no program\n");
      return missing.empty() ? 0 : 1;
    } else if (word == "--export") {
      write_dtypes(std::cout);
      for (uint64_t seed = number(), last = number(); seed < last; ++seed) {
        write_with_results(std::cout, generate(seed));
      }
      return 0;
    } else if (word == "--operations") {
      for (const Operation& operation : operations()) std::cout << operation.name << "\n";
      return 0;
    } else if (word == "--seeds") {
      uint64_t first = number();
      return work_on_seeds(first, number());
    } else if (word == "--program") {
      return work_on_program(arguments.at(++i));
    } else {
      std::cerr << "program_fuzz: unknown argument " << word
                << "; expected --first, --count, --minutes, --seed, --list, --coverage, "
                   "--export or --operations\n";
      return 2;
    }
  }
  return drive(options);
}

}  // namespace
}  // namespace lazulite::fuzz

int main(int argc, char** argv) { return lazulite::fuzz::main({argv + 1, argv + argc}); }
