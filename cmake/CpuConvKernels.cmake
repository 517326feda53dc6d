# The cpu backend's convolution kernels as a library of their own, for tests and benchmarks: a
# backend shows nothing but its entry.
include_guard(GLOBAL)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(hwy REQUIRED)

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lazulite/backends/cpu/conv/*.cpp)
add_library(cpu_conv_kernels STATIC ${sources}
                                    ${PROJECT_SOURCE_DIR}/lazulite/backends/cpu/parallel.cpp)
lazulite_compile(cpu_conv_kernels -O3)
target_link_libraries(cpu_conv_kernels PUBLIC lazulite hwy::hwy PRIVATE OpenMP::OpenMP_CXX)
