// The `calib` dialect: statistics and simulated quantization, until calibration or training with quantization ends.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"

#include "limbeck/Graph/IR/CalibDialect.h.inc"
#define GET_OP_CLASSES
#include "limbeck/Graph/IR/Calib.h.inc"
