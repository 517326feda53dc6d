# Finds LAPACK that starts no threads of its own: the target SerialLapack::lapack. Debian's serial
# OpenBLAS is linked statically, so that neither the system's choice among its variants nor another
# library's copy in the same process matters; elsewhere CMake's FindLAPACK says which one it is.
find_library(SerialLapack_OPENBLAS libopenblas.a PATH_SUFFIXES openblas-serial)
find_library(SerialLapack_FORTRAN NAMES gfortran libgfortran.so.5)
if(SerialLapack_OPENBLAS MATCHES "openblas-serial" AND SerialLapack_FORTRAN)
  set(SerialLapack_LIBRARIES ${SerialLapack_OPENBLAS} ${SerialLapack_FORTRAN} m)
else()
  find_package(LAPACK)
  if(LAPACK_FOUND)
    set(SerialLapack_LIBRARIES LAPACK::LAPACK)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  SerialLapack REQUIRED_VARS SerialLapack_LIBRARIES
  REASON_FAILURE_MESSAGE "Debian and Ubuntu have it in the package libopenblas-serial-dev")

if(SerialLapack_FOUND AND NOT TARGET SerialLapack::lapack)
  add_library(SerialLapack::lapack INTERFACE IMPORTED)
  target_link_libraries(SerialLapack::lapack INTERFACE ${SerialLapack_LIBRARIES})
  # Debian's serial OpenBLAS looks for a free buffer without a lock: calls at once share one. Where
  # its functions for that can be wrapped, they are called under a lock (lapack/call.cpp).
  if(SerialLapack_LIBRARIES MATCHES "openblas-serial")
    target_link_options(SerialLapack::lapack INTERFACE
                        LINKER:--wrap=blas_memory_alloc,--wrap=blas_memory_free)
    target_compile_definitions(SerialLapack::lapack INTERFACE LAZULITE_WRAPS_OPENBLAS)
  endif()
endif()
mark_as_advanced(SerialLapack_OPENBLAS SerialLapack_FORTRAN)
