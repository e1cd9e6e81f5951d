// The `limbeck` dialect as a whole.
include "limbeck/Graph/IR/ContractionOps.td"
include "limbeck/Graph/IR/ElementwiseOps.td"
include "limbeck/Graph/IR/MovementOps.td"
include "limbeck/Graph/IR/QuantizationOps.td"
include "limbeck/Graph/IR/ReductionOps.td"
include "limbeck/Graph/IR/StructureOps.td"
include "limbeck/Graph/IR/WindowOps.td"
