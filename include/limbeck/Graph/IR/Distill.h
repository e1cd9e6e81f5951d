// The `distill` dialect: parameters, teacher, student and losses, until training ends.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"

#include "limbeck/Graph/IR/DistillDialect.h.inc"
#define GET_OP_CLASSES
#include "limbeck/Graph/IR/Distill.h.inc"
