// CHECK: return
