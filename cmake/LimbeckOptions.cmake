# Compiler flags that hold for every file of ours.
add_library(limbeck_options INTERFACE)
target_include_directories(limbeck_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
# -ffp-contract=off: the arithmetic of docs/semantics.md names every fused multiply-add; the compiler may add none.
target_compile_options(limbeck_options INTERFACE -Wall -Wextra -Wno-unused-parameter -ffp-contract=off)

if(LIMBECK_FUZZ)
  set(LIMBECK_SANITIZE ON)
endif()
if(LIMBECK_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(LIMBECK_FUZZ)
    list(APPEND sanitizers -fsanitize=fuzzer-no-link)
  endif()
  target_compile_options(limbeck_options INTERFACE ${sanitizers})
  target_link_options(limbeck_options INTERFACE ${sanitizers})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Without this sloppiness ccache ignores every file that uses a precompiled header.
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()
find_program(LLD NAMES ld.lld-22 ld.lld)
if(LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
