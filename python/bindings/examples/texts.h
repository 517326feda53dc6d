#pragma once

#include <string_view>

// Examples of the functions' documentation by families, each of which is a test: names, and lines
// that are indented. A row of the table of elementwise operations needs none here.
namespace lazulite::python {

extern const std::string_view examples_of_creation;
extern const std::string_view examples_of_devices;
extern const std::string_view examples_of_distributed;
extern const std::string_view examples_of_dtypes;
extern const std::string_view examples_of_fast;
extern const std::string_view examples_of_files;
extern const std::string_view examples_of_fourier;
extern const std::string_view examples_of_linalg;
extern const std::string_view examples_of_products;
extern const std::string_view examples_of_random;
extern const std::string_view examples_of_reductions;
extern const std::string_view examples_of_shapes;
extern const std::string_view examples_of_transforms;

}  // namespace lazulite::python
