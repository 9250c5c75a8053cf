# SPDX-License-Identifier: Apache-2.0
# palyra::rust: the one Rust static library (rust/) with its C headers, built by cargo.
#
# Its dependencies take minutes to compile, so all presets and checkouts of a user share one cargo target directory,
# named after Cargo.lock and the toolchain. Safe to delete. Cargo locks it itself; a lock of ours covers the moment
# between cargo's end and taking the archive out. Cargo takes the crates of two checkouts for one, and judges them by
# file times: PALYRA_RUST_SOURCE, which rust/build.rs asks about, makes it compile when the checkout changes.

set(PALYRA_RUST_MINIMUM 1.95)
file(REAL_PATH "${PROJECT_SOURCE_DIR}/rust" palyra_rust_source)

# Sets <cargo> and <rustc> to the first cargo on PATH, then Debian's, that answers from rust/ with a rustc beside it
# that is new enough, and <version> to what `rustc -vV` says. A rustup proxy without a toolchain does not answer.
function(palyra_find_cargo cargo rustc version)
  cmake_path(CONVERT "$ENV{PATH}" TO_CMAKE_PATH_LIST directories NORMALIZE)
  list(APPEND directories /usr/bin)
  list(REMOVE_DUPLICATES directories)
  set(rejected "")
  foreach(directory IN LISTS directories)
    set(candidate "${directory}/cargo")
    if(NOT EXISTS "${candidate}" OR NOT EXISTS "${directory}/rustc")
      continue()
    endif()
    execute_process(COMMAND "${candidate}" --version WORKING_DIRECTORY "${palyra_rust_source}"
      RESULT_VARIABLE answers OUTPUT_QUIET ERROR_QUIET)
    execute_process(COMMAND "${directory}/rustc" -vV WORKING_DIRECTORY "${palyra_rust_source}"
      OUTPUT_VARIABLE about ERROR_QUIET)
    if(NOT answers EQUAL 0 OR NOT about MATCHES "\nrelease: ([0-9.]+)")
      string(APPEND rejected "\n  ${candidate}: does not answer")
    elseif(CMAKE_MATCH_1 VERSION_LESS PALYRA_RUST_MINIMUM)
      string(APPEND rejected "\n  ${candidate}: Rust ${CMAKE_MATCH_1}")
    else()
      set(${cargo} "${candidate}" PARENT_SCOPE)
      set(${rustc} "${directory}/rustc" PARENT_SCOPE)
      set(${version} "${about}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "Palyra needs cargo and rustc ${PALYRA_RUST_MINIMUM} or newer. `./dev setup` installs them "
    "(Debian packages rustc-web and cargo-web).${rejected}")
endfunction()

palyra_find_cargo(palyra_cargo palyra_rustc palyra_rustc_version)
file(READ "${palyra_rust_source}/Cargo.lock" palyra_rust_lock)
string(SHA256 palyra_rust_key "${palyra_rust_lock}${palyra_rustc_version}")
string(SUBSTRING "${palyra_rust_key}" 0 16 palyra_rust_key)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${palyra_rust_source}/Cargo.lock")

if(DEFINED ENV{XDG_CACHE_HOME} AND IS_ABSOLUTE "$ENV{XDG_CACHE_HOME}")
  set(palyra_rust_cache "$ENV{XDG_CACHE_HOME}")
else()
  set(palyra_rust_cache "$ENV{HOME}/.cache")
endif()
string(APPEND palyra_rust_cache "/palyra-build/rust-${palyra_rust_key}")
set(palyra_rust_archive "${PROJECT_BINARY_DIR}/rust/libpalyra_rust.a")
# An imported target's include directories must exist when CMake configures.
file(MAKE_DIRECTORY "${palyra_rust_cache}/include" "${PROJECT_BINARY_DIR}/rust")
message(STATUS "Rust archive: ${palyra_cargo}, cache ${palyra_rust_cache}")

file(GLOB palyra_rust_files CONFIGURE_DEPENDS "${palyra_rust_source}/src/*.rs")
# $1 cargo, $2 the archive where cargo leaves it, $3 the archive of this build
set(palyra_rust_script [=["$1" build --locked --release && { [ "$2" -ef "$3" ] || ln -f "$2" "$3" 2>/dev/null || cp -p "$2" "$3"; }]=])
# The compiler variables of a preset or a user must not reach the shared directory.
add_custom_command(OUTPUT "${palyra_rust_archive}"
  COMMAND "${CMAKE_COMMAND}" -E env
    --unset=CC --unset=CXX --unset=CFLAGS --unset=CXXFLAGS --unset=LDFLAGS --unset=RUSTFLAGS
    --unset=CARGO_ENCODED_RUSTFLAGS --unset=CARGO_BUILD_TARGET
    "RUSTC=${palyra_rustc}" "CARGO_TARGET_DIR=${palyra_rust_cache}/target"
    "PALYRA_RUST_INCLUDE_DIR=${palyra_rust_cache}/include" "PALYRA_RUST_SOURCE=${palyra_rust_source}"
    flock "${palyra_rust_cache}/lock"
    sh -c "${palyra_rust_script}" sh
    "${palyra_cargo}" "${palyra_rust_cache}/target/release/libpalyra_rust.a" "${palyra_rust_archive}"
  DEPENDS ${palyra_rust_files} "${palyra_rust_source}/Cargo.toml" "${palyra_rust_source}/Cargo.lock"
    "${palyra_rust_source}/build.rs"
  WORKING_DIRECTORY "${palyra_rust_source}"
  COMMENT "Rust archive (several minutes the first time, seconds afterwards)"
  USES_TERMINAL VERBATIM)
add_custom_target(palyra_rust_archive DEPENDS "${palyra_rust_archive}")

add_library(palyra::rust STATIC IMPORTED GLOBAL)
set_target_properties(palyra::rust PROPERTIES
  IMPORTED_LOCATION "${palyra_rust_archive}"
  INTERFACE_INCLUDE_DIRECTORIES "${palyra_rust_source}/include;${palyra_rust_cache}/include"
  INTERFACE_LINK_LIBRARIES "gcc_s;pthread;m;dl")
add_dependencies(palyra::rust palyra_rust_archive)
