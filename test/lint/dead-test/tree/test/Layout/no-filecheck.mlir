// RUN: limbeck-opt %s
// CHECK-LABEL: @f
