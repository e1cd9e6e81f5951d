// RUN: limbeck-opt %s | FileCheck %s
// CHECK: return
