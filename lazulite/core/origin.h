#pragma once

#include <cstdint>
#include <string>

#include "lazulite/core/source_place.h"

namespace lazulite {

/// A number for the place in a user's program where the calling thread makes arrays now; 0 where
/// nobody notes it. A front end sets it around its calls, nodes keep it, and errors that evaluation
/// finds later name the place.
uint32_t& current_origin();

/// How the front end writes out such a number, for instance "train.py, line 12", and how the
/// function that it is in. Called by any thread, also while locks of the library are held: it waits
/// for nothing that may be held while the library is called.
using OriginText = std::string (*)(uint32_t origin);
void set_origin_text(OriginText text, OriginText function);
/// Empty where there is nothing to say.
std::string origin_text(uint32_t origin);
std::string origin_function(uint32_t origin);

/// The number of a region of a C++ program, which `origin_function` calls by its name.
uint32_t region_origin(const char* name, SourcePlace where);
bool is_region(uint32_t origin);

/// The place of what is computed for the derivative of an operation that was made at `origin`.
uint32_t derivative_origin(uint32_t origin);

/// Arrays that the thread makes until the end of the scope have this origin.
class OriginAt {
 public:
  explicit OriginAt(uint32_t origin) : previous_(current_origin()) { current_origin() = origin; }
  ~OriginAt() { current_origin() = previous_; }
  OriginAt(const OriginAt&) = delete;
  OriginAt& operator=(const OriginAt&) = delete;

 private:
  uint32_t previous_;
};

}  // namespace lazulite
