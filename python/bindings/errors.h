#pragma once

#include <exception>

namespace lazulite::python {

/// Sets the exception of Python that an error of the library becomes. Throws what is none of those.
void set_error(const std::exception_ptr& error);

}  // namespace lazulite::python
