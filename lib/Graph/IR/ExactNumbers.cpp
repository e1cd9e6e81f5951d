// The text of an f32 that is read as the same f32.
#include "limbeck/Graph/IR/ExactNumbers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cmath>

namespace limbeck {

static std::string textOf(float number) {
  // MLIR's literals have no word for these, but their bits.
  if (!std::isfinite(number))
    return "0x" + llvm::utohexstr(llvm::bit_cast<uint32_t>(number), /*LowerCase=*/false, /*Width=*/8);
  constexpr int fewest = 6, enough = 8; // behind the point
  std::string text;
  for (int digits = fewest; digits <= enough; ++digits) {
    text.clear();
    llvm::raw_string_ostream(text) << llvm::format("%.*e", digits, static_cast<double>(number));
    if (std::strtof(text.c_str(), nullptr) == number)
      break;
  }
  return text;
}

mlir::ParseResult parseNumbers(mlir::OpAsmParser &parser, mlir::DenseF32ArrayAttr &numbers) {
  llvm::SmallVector<float> values;
  auto parseNumber = [&]() -> mlir::ParseResult {
    llvm::APFloat value(0.0f);
    if (parser.parseFloat(llvm::APFloat::IEEEsingle(), value))
      return mlir::failure();
    values.push_back(value.convertToFloat());
    return mlir::success();
  };
  if (parser.parseCommaSeparatedList(mlir::AsmParser::Delimiter::Square, parseNumber))
    return mlir::failure();
  numbers = mlir::DenseF32ArrayAttr::get(parser.getContext(), values);
  return mlir::success();
}

void printNumbers(mlir::OpAsmPrinter &printer, mlir::Operation *, mlir::DenseF32ArrayAttr numbers) {
  printer << '[';
  llvm::interleaveComma(numbers.asArrayRef(), printer, [&](float number) { printer << textOf(number); });
  printer << ']';
}

} // namespace limbeck
