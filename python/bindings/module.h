#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "lazulite/core/array.h"

namespace lazulite::python {

namespace nb = nanobind;

/// What the module is called in reprs: "lazulite.core", or "mlx.core" where it stands in for MLX.
std::string& module_name();

// One function a family; module.cpp calls them all. Those that take the array class add methods.
void bind_errors(nb::module_& m);
void bind_dtypes(nb::module_& m);
void bind_streams(nb::module_& m);
nb::class_<Array> bind_array(nb::module_& m);
void bind_elementwise(nb::module_& m, nb::class_<Array>& type);
void bind_creation(nb::module_& m);
void bind_manipulation(nb::module_& m, nb::class_<Array>& type);
void bind_views(nb::module_& m, nb::class_<Array>& type);
void bind_reductions(nb::module_& m, nb::class_<Array>& type);
void bind_linalg(nb::module_& m);
void bind_linear(nb::module_& m);
void bind_matrix_parts(nb::module_& m);
void bind_fourier(nb::module_& m);
void bind_quantization(nb::module_& m);
void bind_sorting(nb::module_& m);
void bind_indexing(nb::module_& m, nb::class_<Array>& type);
void bind_random(nb::module_& m);
void bind_fast(nb::module_& m);
void bind_nn(nb::module_& m);
void bind_printing(nb::module_& m);
void bind_distributed(nb::module_& m);
void bind_memory(nb::module_& m);
void bind_files(nb::module_& m);
void bind_evaluation(nb::module_& m);
void bind_transforms(nb::module_& m);
void bind_compile(nb::module_& m);
void bind_custom_functions(nb::module_& m);
void bind_constants(nb::module_& m);
void bind_data(nb::module_& m);
void bind_debug(nb::module_& m);
void bind_exported_functions(nb::module_& m);

}  // namespace lazulite::python
