#pragma once

#include <nanobind/nanobind.h>

#include "lazulite/core/array.h"

namespace lazulite::python {

namespace nb = nanobind;

/// A thread's random state as Python sees it: a sequence of one key, which trees go into.
struct RandomState {};

/// The list that holds the calling thread's key where the object is a random state; invalid
/// otherwise.
nb::object state_of(nb::handle object);
/// The calling thread's list.
nb::list thread_state();
/// A key: the given one, or a fresh one that is split off the thread's state.
Array key_or_next(nb::handle key);

}  // namespace lazulite::python
