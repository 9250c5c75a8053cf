# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts beside the programs for other projects: libraries, public headers, the Rust archive, and
# the package that find_package(palyra) reads. All paths in it are relative to itself: a prefix may be moved as a whole.
# docs/embedding.md

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
# What has no component of its own are programs and what belongs to them.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME programs)

# palyra_install_library(<target>): part of the package as palyra::<EXPORT_NAME>. What it links must be part too, or be
# found by palyraConfig.cmake.in.
function(palyra_install_library target)
  install(TARGETS ${target} EXPORT palyra COMPONENT development FILE_SET HEADERS COMPONENT development)
endfunction()

# After all layers.
function(palyra_install_package)
  set(package "${CMAKE_INSTALL_LIBDIR}/cmake/palyra")
  install(EXPORT palyra NAMESPACE palyra:: FILE palyraTargets.cmake DESTINATION "${package}" COMPONENT development)
  # CMake exports no imported target: the package makes it anew.
  install(FILES "${palyra_rust_archive}" DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
  set(rust_archive "${CMAKE_INSTALL_LIBDIR}/libpalyra_rust.a")
  get_target_property(rust_libraries palyra::rust INTERFACE_LINK_LIBRARIES)
  set(worker "${CMAKE_INSTALL_LIBEXECDIR}/palyra/palyra-worker")
  configure_package_config_file(cmake/palyraConfig.cmake.in "${PROJECT_BINARY_DIR}/package/palyraConfig.cmake"
    INSTALL_DESTINATION "${package}" PATH_VARS rust_archive worker)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/palyraConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/package/palyraConfig.cmake" "${PROJECT_BINARY_DIR}/package/palyraConfigVersion.cmake"
    DESTINATION "${package}" COMPONENT development)
endfunction()
