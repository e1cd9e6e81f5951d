# One function per kind of library: a folder of lib/ is one library.

# Sources of the current folder in one target, without the files that match a pattern of EXCLUDE.
function(limbeck_folder_library name exclude)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(pattern ${exclude})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  add_library(Limbeck${name} STATIC ${sources})
  set_target_properties(Limbeck${name} PROPERTIES UNITY_BUILD ${LIMBECK_UNITY} UNITY_BUILD_BATCH_SIZE 12)
endfunction()

# limbeck_library(Name [LINK libraries..] [EXCLUDE patterns..]): all sources of the current folder, without LLVM.
function(limbeck_library name)
  cmake_parse_arguments(ARG "" "" "LINK;EXCLUDE" ${ARGN})
  limbeck_folder_library(${name} "${ARG_EXCLUDE}")
  target_link_libraries(Limbeck${name} PUBLIC limbeck_options ${ARG_LINK})
endfunction()

# limbeck_mlir_library(Name [LINK libraries..] [TABLEGEN targets..] [HEADERS headers..] [EXCLUDE patterns..]): the same on
# MLIR. HEADERS are precompiled: worth it from three files on, as the core of MLIR costs seconds in each.
function(limbeck_mlir_library name)
  cmake_parse_arguments(ARG "" "" "LINK;TABLEGEN;HEADERS;EXCLUDE" ${ARGN})
  limbeck_folder_library(${name} "${ARG_EXCLUDE}")
  target_link_libraries(Limbeck${name} PUBLIC limbeck_options limbeck_mlir ${ARG_LINK})
  # Compiling a model is the work of LLVM and lib/Reference; optimizing the glue between them harder only costs build time.
  target_compile_options(Limbeck${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  if(ARG_HEADERS)
    target_precompile_headers(Limbeck${name} PRIVATE ${ARG_HEADERS})
  endif()
  if(ARG_TABLEGEN)
    add_dependencies(Limbeck${name} ${ARG_TABLEGEN})
  endif()
endfunction()

# limbeck_tool(name libraries..): tools/<name>/<name>.cpp, a thin main.
function(limbeck_tool name)
  add_executable(${name} ${CMAKE_CURRENT_SOURCE_DIR}/${name}/${name}.cpp)
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()
