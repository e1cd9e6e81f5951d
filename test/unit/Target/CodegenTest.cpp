// What the generated code must be like: the instruction that its target has, no spills in the hot loop, an image that needs no
// loader, the same bytes every time.
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Pipeline/Registration.h"
#include "limbeck/Target/CPU/Compile.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>

using namespace limbeck;

namespace {
/// u8 [56, 64] x s8 [64, 64] -> u8, from the fused form on.
constexpr const char *kProduct = R"(
func.func @main(%x: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<56x64x!quant.uniform<u8:f32, 0.25:7>> {
  %w = limbeck.const dense<3> : tensor<64x64xsi8>
  %q = limbeck.storage_cast %w : (tensor<64x64xsi8>) -> tensor<64x64x!quant.uniform<i8:f32, 0.125>>
  %y = limbeck.matmul %x, %q : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x64x!quant.uniform<i8:f32, 0.125>>)
      -> tensor<56x64x!quant.uniform<u8:f32, 0.25:7>> loc("product")
  return %y : tensor<56x64x!quant.uniform<u8:f32, 0.25:7>>
})";

class Codegen : public testing::Test {
protected:
  Codegen() {
    mlir::DialectRegistry registry;
    pipeline::registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    cpu::registerTargets();
  }
  mlir::OwningOpRef<mlir::ModuleOp> lowered(std::string_view target) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(kProduct, &context);
    if (!module)
      return module;
    (*module)->setAttr(lower::kTargetAttribute, mlir::StringAttr::get(&context, llvm::StringRef(target)));
    mlir::PassManager passes(&context);
    pipeline::buildStage(pipeline::Stage::Fuse, passes);
    pipeline::buildStage(pipeline::Stage::Lower, passes);
    if (mlir::failed(passes.run(*module)))
      return {};
    return module;
  }
  mlir::MLIRContext context;
};

/// The lines of the innermost loop that multiplies: from the last label before the first `instruction` to the next branch back.
std::string hotLoop(const std::string &assembly, const std::string &instruction) {
  size_t at = assembly.find(instruction);
  if (at == std::string::npos)
    return "";
  size_t begin = assembly.rfind("\n.LBB", at),
         end = std::min(assembly.find("\n\tj", at), assembly.find("\n\tb.", at));
  return assembly.substr(begin, end - begin);
}
} // namespace

TEST_F(Codegen, productsUseTheirInstructionWithoutSpills) {
  const struct {
    const char *isa, *instruction, *vector, *stack;
  } rows[] = {{"avx-vnni", "vpdpbusd", "%ymm", "(%rsp)"},
              {"avx512-vnni", "vpdpbusd", "%zmm", "(%rsp)"},
              {"arm64-dotprod", "\tsdot", ".4b[3]", "[sp"},
              {"arm64-i8mm", "\tusmmla", ".16b", "[sp"}};
  for (const auto &row : rows) {
    auto module = lowered(row.isa);
    ASSERT_TRUE(module);
    auto assembly = cpu::emitText(*module, *cpu::findIsa(row.isa), /*assembly=*/true);
    ASSERT_TRUE(assembly.ok()) << assembly.diagnostic().text();
    std::string loop = hotLoop(*assembly, row.instruction);
    ASSERT_NE(loop, "") << row.isa;
    EXPECT_NE(loop.find(row.vector), std::string::npos) << row.isa << loop;
    EXPECT_EQ(loop.find(row.stack), std::string::npos) << row.isa << loop;
  }
}

TEST_F(Codegen, missingInstructionsGetStandIns) {
  auto module = lowered("avx512-vnni");
  ASSERT_TRUE(module);
  auto assembly = cpu::emitText(*module, *cpu::findIsa("avx2"), /*assembly=*/true);
  ASSERT_TRUE(assembly.ok()) << assembly.diagnostic().text();
  EXPECT_EQ(assembly->find("vpdpbusd"), std::string::npos);
}

TEST_F(Codegen, tilesAreOnesOfTheMachineOrOfTheFrame) {
  auto module = lowered("amx");
  ASSERT_TRUE(module);
  (*module).walk([](graph::LaunchOp launch) { EXPECT_EQ(lower::factsOf(launch).family, "amx tile"); });
  auto assembly = cpu::emitText(*module, *cpu::findIsa("amx"), /*assembly=*/true);
  ASSERT_TRUE(assembly.ok()) << assembly.diagnostic().text();
  EXPECT_NE(assembly->find("\ttdpbusd"), std::string::npos);
  EXPECT_EQ(assembly->find("standin_"), std::string::npos);
  assembly = cpu::emitText(*module, *cpu::findIsa("avx512-vnni"), /*assembly=*/true);
  ASSERT_TRUE(assembly.ok()) << assembly.diagnostic().text();
  for (const char *instruction : {"\tldtilecfg", "\ttilezero", "\ttileload", "\ttilestored", "\ttdp"})
    EXPECT_EQ(assembly->find(instruction), std::string::npos) << instruction;
  EXPECT_NE(assembly->find("standin_tdpbusd"), std::string::npos);
}

TEST_F(Codegen, imagesNeedNoLoaderAndRepeat) {
  for (const cpu::Isa &isa : cpu::allIsas()) {
    auto module = lowered(isa.name);
    ASSERT_TRUE(module) << isa.name;
    auto first = cpu::compileEntry(*module, isa, {});
    ASSERT_TRUE(first.ok()) << isa.name << ": " << first.diagnostic().text();
    EXPECT_GE(first->entryOffset, first->executableOffset) << isa.name;
    EXPECT_LT(first->entryOffset, first->span) << isa.name;
    cpu::CompileOptions parallel;
    parallel.threads = 3;
    auto second = cpu::compileEntry(*lowered(isa.name), isa, parallel);
    ASSERT_TRUE(second.ok()) << isa.name;
    EXPECT_EQ(first->executable, second->executable) << isa.name;
    EXPECT_EQ(first->readOnly, second->readOnly) << isa.name;
  }
}
