# MLIR and LLVM 22.1 as the distribution packages them: the shared libraries `MLIR` and `LLVM` only, never the static archives
# (a mix of both registers every command line option and type twice).
find_package(MLIR CONFIG QUIET HINTS /usr/lib/llvm-22/lib/cmake/mlir)
# The version file of MLIR refuses a bare major version, so the check is ours.
if(NOT MLIR_FOUND OR NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "The compiler needs MLIR and LLVM 22; found '${LLVM_PACKAGE_VERSION}'. Install the packages "
    "libmlir-22-dev, mlir-22-tools, llvm-22-dev and lld-22, or set MLIR_DIR to the folder of MLIRConfig.cmake. "
    "-DLIMBECK_COMPILER=OFF builds the parts that need neither.")
endif()
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(limbeck_mlir INTERFACE)
target_include_directories(limbeck_mlir SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(limbeck_mlir INTERFACE ${llvm_definitions})
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Keeps precompiled headers equal from build to build, which ccache asks for.
  target_compile_options(limbeck_mlir INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
target_link_libraries(limbeck_mlir INTERFACE MLIR LLVM)
