// What an instruction set tells stage Lower, and the kernel emitters it brings.
#include "limbeck/Lower/Target.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::cpu {

namespace {
class CpuTarget : public lower::Target {
public:
  explicit CpuTarget(const Isa &isa) : isa(isa) {}
  llvm::StringRef name() const override { return isa.name; }
  lower::VectorUnit vectorUnit() const override { return {isa.lanes, isa.registers, isa.fma}; }
  // Of servers today: the least of the second caches, and a share of the third that most cores have.
  lower::Caches caches() const override { return {int64_t(1) << 20, int64_t(4) << 20}; }
  bool readsUnsignedBytes() const override { return cpu::readsUnsignedBytes(isa); }
  mlir::LogicalResult emitKernel(lower::KernelBuilder &kernel) const override {
    return mlir::success(mlir::succeeded(emitTiledContraction(kernel, isa)) ||
                         mlir::succeeded(emitFloatBlocks(kernel, isa)) ||
                         mlir::succeeded(emitIntegerBlocks(kernel, isa)) ||
                         mlir::succeeded(emitActivationProduct(kernel, isa)) ||
                         mlir::succeeded(emitDepthwiseConvolution(kernel, isa)));
  }
  std::unique_ptr<lower::ProductAtom> productAtom(lower::KernelBuilder &kernel,
                                                  lower::ContractionArithmetic &arithmetic) const override {
    return makeProductAtom(kernel, arithmetic, isa);
  }
  mlir::Value emitBytePack(lower::KernelBuilder &kernel, mlir::Value wide, bool isSigned) const override {
    return cpu::emitBytePack(kernel, isa, wide, isSigned);
  }
  bool packsFloats() const override { return isa.architecture == artifact::Architecture::X86_64; }
  llvm::SmallVector<mlir::Value> emitByteFloats(lower::KernelBuilder &kernel,
                                                mlir::Value bytes) const override {
    return cpu::emitByteFloats(kernel, isa, bytes);
  }
  mlir::Value emitRoundedBytes(lower::KernelBuilder &kernel, llvm::ArrayRef<mlir::Value> quarters,
                               const TensorType &type) const override {
    return cpu::emitRoundedBytes(kernel, isa, quarters, type);
  }
  mlir::Value emitQuantizedBytes(lower::KernelBuilder &kernel, mlir::Value t,
                                 const TensorType &type) const override {
    return cpu::emitQuantizedBytes(kernel, isa, t, type);
  }
  mlir::Value emitRoundToBF16(lower::KernelBuilder &kernel, mlir::Value x) const override {
    return cpu::emitRoundToBF16(kernel, isa, x);
  }
  mlir::Value emitScale(lower::KernelBuilder &kernel, mlir::Value a, mlir::Value n) const override {
    return cpu::emitScale(kernel, isa, a, n);
  }
  Tensor arrangeByteTable(const Tensor &values) const override { return cpu::arrangeByteTable(isa, values); }
  mlir::Value emitByteLookup(lower::KernelBuilder &kernel, const Tensor &values, mlir::Value table,
                             mlir::Value positions) const override {
    return cpu::emitByteLookup(kernel, isa, values, table, positions);
  }
  mlir::Value emitPairForm(lower::KernelBuilder &kernel, const lower::PairForm &form, mlir::Value first,
                           mlir::Value second) const override {
    return cpu::emitPairForm(kernel, isa, form, first, second);
  }

private:
  const Isa &isa;
};
} // namespace

void registerTargets() {
  static const bool once = [] {
    for (const Isa &isa : allIsas())
      lower::registerTarget(new CpuTarget(isa)); // lives as long as the process
    return true;
  }();
  (void)once;
}

} // namespace limbeck::cpu
