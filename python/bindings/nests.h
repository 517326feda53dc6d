#pragma once

namespace lazulite::python {

/// Throws RecursionError where little is left of the thread's stack. Whatever follows the objects
/// of a program calls it at each level: they may contain themselves.
void expect_stack();

}  // namespace lazulite::python
