def GoodPass : Pass<"limbeck-layout-good"> {
  let description = [{
    Example: test/Layout/good.mlir
  }];
}
def SilentPass : Pass<"limbeck-layout-silent"> {
  let description = [{ No example. }];
}
def GonePass : Pass<"limbeck-layout-gone"> {
  let description = [{
    Example: test/Layout/gone.mlir
  }];
}
def OtherPass : Pass<"limbeck-layout-other"> {
  let description = [{
    Example: test/Layout/good.mlir
  }];
}
