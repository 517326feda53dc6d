#pragma once

#include <cstdint>
#include <span>
#include <string>

// Failures on purpose: the n-th call of a kind that our code makes fails, once. The functions that
// are replaced (operator new, posix_memalign, write, …) are defined in interpose_*.cpp; linked into
// a program or loaded before it (LD_PRELOAD), they take the place of the system's.
//
// A call is ours if the innermost frame of the stack that does not belong to the C++ library or fmt
// lies in one of Lazulite's libraries. What oneDNN, libarchive, zlib or OpenMP ask for themselves
// never fails: how they bear it is not ours to mend. Instead our calls to them fail (`foreign`).

namespace lazulite::faults {

enum class Call {
  allocate,  // operator new
  memory,    // the system's memory behind the caching allocator, and its second try
  thread,    // the start of a thread
  open,
  read,
  write,
  sync,
  rename,
  close,
  foreign,  // functions of zlib, libarchive and oneDNN
};

enum class Way {
  fail,       // as the function reports that it is out of memory, space or luck
  interrupt,  // EINTR
  shorten,    // half of what was asked for
};

struct Fault {
  const char* name;
  Call call;
  Way way;
  // The program must not notice.
  bool harmless;
};

/// All that can happen, for `--fault` and messages.
std::span<const Fault> all_faults();

/// "allocation:17": that fault, and the number in `n`. Null if the text is something else.
const Fault* parse(const char* text, uint64_t* n);

/// From now on, the n-th call of the fault's kind fails, counted from 1 and over all threads; 0
/// only counts. `program_too`: calls from the program itself count as well, which instantiates our
/// templates.
void arm(const Fault& fault, uint64_t n, bool program_too);
/// Ends that; returns how many calls there were.
uint64_t disarm();

/// Blocks of operator new that are live, whoever asked for them.
int64_t live_blocks();

/// For interpose_*.cpp: whether this call is to fail, and how.
bool hit(Call call, Way* way);
/// The same for calls that can fail in one way only.
bool hit(Call call);

}  // namespace lazulite::faults
