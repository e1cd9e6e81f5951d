// RUN: limbeck-opt %s
// CHECK-NOT: transpose
