// One list of dialects and passes for limbeck-opt, limbeck-lsp-server and limbeck-reduce.
#include "limbeck/Pipeline/Registration.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Distill.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "limbeck/Layout/Passes.h"
#include "limbeck/Lower/Passes.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Target/CPU/Isa.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/CommandLine.h"

namespace limbeck::pipeline {

void registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<graph::LimbeckDialect, calib::CalibDialect, distill::DistillDialect,
                  mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::LLVM::LLVMDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect, mlir::quant::QuantDialect,
                  mlir::scf::SCFDialect, mlir::tensor::TensorDialect, mlir::vector::VectorDialect>();
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

void registerAllPasses() {
  graph::registerLimbeckGraphPasses();
  quantize::registerLimbeckQuantizePasses();
  layout::registerLimbeckLayoutPasses();
  fuse::registerLimbeckFusePasses();
  lower::registerLimbeckLowerPasses();
  mlir::registerTransformsPasses();
  registerPipelines();
  cpu::registerTargets();
}

void hideForeignOptions() {
  for (auto &[name, option] : llvm::cl::getRegisteredOptions())
    option->setHiddenFlag(llvm::cl::Hidden);
}

} // namespace limbeck::pipeline
