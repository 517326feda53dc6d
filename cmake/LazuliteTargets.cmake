# Functions that turn a folder of sources into a target.

set(lazulite_std_headers
    <algorithm> <array> <atomic> <cmath> <complex> <cstdint> <cstring> <functional> <limits> <map>
    <memory> <mutex> <numeric> <optional> <span> <sstream> <string> <string_view> <unordered_map>
    <utility> <variant> <vector>)

# What every target of the project has in common. LEVEL is the optimisation of a release build:
# -O3 for kernels, less where compiling fast matters more than running fast.
function(lazulite_compile target level)
  target_compile_options(${target} PRIVATE -Wall -Wextra $<$<BOOL:${LAZULITE_WERROR}>:-Werror>
                                           $<$<CONFIG:Release>:${level}>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # These misfire on the concatenation of strings (bugs 105329 and 105651 of GCC).
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-restrict
                                             -Wno-stringop-overflow)
  elseif(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # The rows' formulas serve vectors too, which have no && and ||; and whether a loop can become
    # vectors depends on the dtype that its template is made for.
    target_compile_options(${target} PRIVATE -Wno-bitwise-instead-of-logical -Wno-pass-failed)
  endif()
endfunction()

# Precompiles the standard headers and those given, where the build asks for it.
function(lazulite_precompile target)
  if(LAZULITE_PCH)
    target_precompile_headers(${target} PRIVATE ${lazulite_std_headers} ${ARGN})
  endif()
endfunction()

# Lets a library show only the symbols that the version script names. Without it, templates of other
# libraries that were instantiated in ours would be shown too, and be taken by programs that use
# other versions of those libraries.
function(lazulite_export_only target script)
  if(NOT APPLE)
    target_link_options(${target} PRIVATE LINKER:--version-script=${script})
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  endif()
endfunction()

# A plugin `lazulite_NAME` out of the sources below the current folder; the core opens it at run
# time and never links to it. Only its extern "C" entry is visible. Without sources: no target.
function(lazulite_add_plugin name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(lazulite_${name} MODULE ${sources})
  lazulite_compile(lazulite_${name} -O3)
  find_package(fmt REQUIRED)
  target_link_libraries(lazulite_${name} PRIVATE lazulite fmt::fmt)
  set_target_properties(lazulite_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden
                                                    VISIBILITY_INLINES_HIDDEN ON
                                                    SUFFIX ${CMAKE_SHARED_LIBRARY_SUFFIX})
  lazulite_export_only(lazulite_${name} ${PROJECT_SOURCE_DIR}/cmake/backend.map)
endfunction()

# A plugin that is a part of Lazulite: it lies beside the library and is installed with it.
function(lazulite_add_backend name)
  lazulite_add_plugin(${name})
  if(TARGET lazulite_${name})
    add_dependencies(lazulite_backends lazulite_${name})
    install(TARGETS lazulite_${name} DESTINATION ${CMAKE_INSTALL_LIBDIR})
    set_property(GLOBAL APPEND PROPERTY lazulite_backend_targets lazulite_${name})
  endif()
endfunction()

# A program out of the given sources, linked to the library.
function(lazulite_add_program name level)
  add_executable(${name} ${ARGN})
  lazulite_compile(${name} ${level})
  target_link_libraries(${name} PRIVATE lazulite)
  add_dependencies(${name} lazulite_backends)
endfunction()
