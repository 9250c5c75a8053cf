# SPDX-License-Identifier: Apache-2.0
# What a layer's CMakeLists.txt needs: palyra_library, palyra_test, palyra_program.

add_library(palyra_flags INTERFACE)
add_library(palyra::flags ALIAS palyra_flags)
target_compile_features(palyra_flags INTERFACE cxx_std_23)
target_compile_options(palyra_flags INTERFACE
  $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wsign-conversion;-Wnon-virtual-dtor;-Wold-style-cast>
  $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression-from-macro-expansion>>)

# palyra_library(<layer> SOURCES .. HEADERS .. PUBLIC .. PRIVATE ..)
# Makes palyra::<layer>. Public headers live in include/palyra/<layer>/; nothing else is reachable from outside the
# layer, so an include that breaks the layering does not compile. A folder testing/ becomes palyra::<layer>_testing.
function(palyra_library layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
  set(target palyra_${layer})
  add_library(${target} STATIC ${arg_SOURCES})
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:palyra::flags> ${arg_PRIVATE})
  target_compile_features(${target} PUBLIC cxx_std_23)
  add_library(palyra::${layer} ALIAS ${target})
  list(TRANSFORM arg_HEADERS PREPEND "include/palyra/${layer}/")
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${layer} VERIFY_INTERFACE_HEADER_SETS ON)
  palyra_install_library(${target})
  if(IS_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/testing")
    add_library(${target}_testing INTERFACE)
    add_library(palyra::${layer}_testing ALIAS ${target}_testing)
    target_include_directories(${target}_testing INTERFACE "${CMAKE_CURRENT_SOURCE_DIR}/testing")
    target_link_libraries(${target}_testing INTERFACE palyra::${layer})
  endif()
endfunction()

# All test binaries labelled `threads`: what the thread sanitizer is for.
add_custom_target(palyra_threads_tests)

# Where this checkout lies is in one source alone, so that all others of a test compile alike in every checkout (ccache).
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/test_data.cc" @ONLY CONTENT
"#include <palyra/base/testing.h>
const char* const palyra::testing::kTestData = \"@PROJECT_SOURCE_DIR@/tests\";
")

# palyra_test(<name> SOURCES .. [LIBS ..] [LABEL ..] [SERIAL]): the test binary of one layer; its ctest label is LABEL, else
# the name. One only: discovery takes a list of labels apart. SERIAL: its tests change the machine, and run beside no other.
function(palyra_test name)
  if(NOT PALYRA_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "LABEL" "SOURCES;LIBS")
  if(NOT arg_LABEL)
    set(arg_LABEL ${name})
  endif()
  set(target palyra_${name}_test)
  add_executable(${target} ${arg_SOURCES} "${PROJECT_BINARY_DIR}/test_data.cc")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  if(TARGET palyra::${name})
    target_link_libraries(${target} PRIVATE palyra::${name})
  endif()
  target_link_libraries(${target} PRIVATE palyra::flags palyra::base_testing GTest::gmock_main ${arg_LIBS})
  if(arg_LABEL STREQUAL "threads")
    add_dependencies(palyra_threads_tests ${target})
  endif()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600 RUN_SERIAL ${arg_SERIAL})
endfunction()
