# What `cmake --install` lays down: the library, its headers and its backends beside it. Everything
# finds everything else relative to itself, so the folder may be moved.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Lazulite)
install(TARGETS lazulite EXPORT LazuliteTargets)
install(EXPORT LazuliteTargets NAMESPACE Lazulite:: DESTINATION ${package_folder})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/lazulite DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN backends EXCLUDE)

# Licences: ours, and those of the libraries whose code is in it or that it is linked to, as far as
# this machine's packages have brought them.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/docs/third-party.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
set(licences ${CMAKE_INSTALL_DOCDIR}/licences)
foreach(package IN ITEMS libfmt-dev nlohmann-json3-dev libcli11-dev libhwy-dev libsleef-dev
                         libarchive-dev zlib1g-dev libdnnl-dev
                         libopenblas-serial-dev)
  if(EXISTS /usr/share/doc/${package}/copyright)
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${licences} RENAME ${package})
  endif()
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/LazuliteConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/LazuliteConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/LazuliteConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/LazuliteConfig.cmake
              ${PROJECT_BINARY_DIR}/LazuliteConfigVersion.cmake
        DESTINATION ${package_folder})
