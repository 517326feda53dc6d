# Finds oneDNN 3: the system's, or the one that scripts/install-dependencies unpacks into .deps.
# Defines OneDNN_FOUND, the target DNNL::dnnl and, for .deps, OneDNN_BUNDLED_LIBRARIES to install.
find_package(dnnl CONFIG QUIET PATHS ${PROJECT_SOURCE_DIR}/.deps/onednn)
if(dnnl_FOUND AND NOT dnnl_VERSION VERSION_GREATER_EQUAL 3)
  # Debian 12's own package is version 2; its interface differs.
  unset(dnnl_DIR CACHE)
  find_package(dnnl CONFIG QUIET PATHS ${PROJECT_SOURCE_DIR}/.deps/onednn NO_DEFAULT_PATH)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS dnnl_DIR VERSION_VAR dnnl_VERSION)

set(OneDNN_BUNDLED_LIBRARIES "")
if(OneDNN_FOUND)
  file(GLOB OneDNN_BUNDLED_LIBRARIES ${PROJECT_SOURCE_DIR}/.deps/onednn/lib/libdnnl.so.3*)
  if(NOT dnnl_DIR MATCHES "^${PROJECT_SOURCE_DIR}/\\.deps/")
    set(OneDNN_BUNDLED_LIBRARIES "")
  endif()
endif()
