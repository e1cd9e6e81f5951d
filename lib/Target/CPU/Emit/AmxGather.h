// Inputs of a block copied to where tiles read whole lines.
#pragma once
#include "AmxSchedule.h"

namespace limbeck::cpu {

/// A scratch of [steps][positions of a block][64 bytes], filled block by block. What fills no product is 0, so that it may meet
/// weights of 0 even in floats.
class AmxGather {
public:
  AmxGather(lower::KernelBuilder &kernel, const TiledProblem &problem, const AmxSchedule &schedule);

  /// Copies the positions of the block that begins at position `start`.
  void emit(mlir::Value start);

  mlir::Value buffer() const { return copy; }
  /// Byte of the scratch where the line of a position and step begins.
  mlir::Value byteOf(int64_t position, mlir::Value step);

private:
  void copyPiece(const AmxPiece &piece, mlir::Value row, mlir::Value column, mlir::Value position);

  lower::KernelBuilder &kernel;
  mlir::OpBuilder &b;
  const TiledProblem &problem;
  const AmxSchedule &schedule;
  mlir::Value copy;
};

} // namespace limbeck::cpu
