// A convolution with a lower bound above 0 whose bytes become f32 in the same kernel.
module {
  func.func @main(%arg0: tensor<1x8x24x96xf32> {limbeck.name = "x"}) -> (tensor<1x8x24x96xf32> {limbeck.name = "y"}) attributes {limbeck.opset = 13 : i64} {
    %0 = limbeck.const dense<9> : tensor<ui8>
    %1 = limbeck.const dense<0.044564724> : tensor<f32>
    %2 = limbeck.const dense<0> : tensor<8xsi8>
    %3 = limbeck.const dense<[45.5107841, 0.00361302565, 0.00252078171, 0.00752033293, 0.00418927241, 0.00559661537, 0.00373068615, 0.00660305377]> : tensor<8xf32>
    %4 = limbeck.const dense<[[[[90]], [[-56]], [[61]], [[-44]], [[-4]], [[-23]], [[-127]], [[85]]], [[[-21]], [[-67]], [[-43]], [[-127]], [[-22]], [[58]], [[-1]], [[-35]]], [[[41]], [[127]], [[-20]], [[-3]], [[54]], [[18]], [[-11]], [[-58]]], [[[-127]], [[70]], [[71]], [[-51]], [[18]], [[43]], [[20]], [[-48]]], [[[86]], [[-49]], [[-127]], [[48]], [[1]], [[-55]], [[32]], [[26]]], [[[-57]], [[-124]], [[-48]], [[-17]], [[127]], [[17]], [[-121]], [[-15]]], [[[63]], [[-18]], [[-29]], [[-127]], [[-81]], [[94]], [[51]], [[54]]], [[[-119]], [[40]], [[127]], [[-42]], [[37]], [[21]], [[-13]], [[-73]]]]> : tensor<8x8x1x1xsi8>
    %5 = limbeck.const dense<3> : tensor<ui8>
    %6 = limbeck.const dense<0.0402801111> : tensor<f32>
    %7 = limbeck.const dense<[-6639, 9121, 2671, 1704, 3932, 10125, 2016, -1262]> : tensor<8xsi32>
    %8 = limbeck.const dense<[2.02817559, 1.61013493E-4, 1.12337941E-4, 3.35141551E-4, 1.86693767E-4, 2.4941162E-4, 1.662570e-04, 2.94263271E-4]> : tensor<8xf32>
    %9 = limbeck.const dense<0> : tensor<8xsi32>
    %10 = limbeck.dequantize_by %7, %8, %9 axis = 0 block_size = 0 to = f32 : (tensor<8xsi32>, tensor<8xf32>, tensor<8xsi32>) -> tensor<8xf32>
    %11 = limbeck.dequantize_by %4, %3, %2 axis = 0 block_size = 0 to = f32 : (tensor<8x8x1x1xsi8>, tensor<8xf32>, tensor<8xsi8>) -> tensor<8x8x1x1xf32>
    %12 = limbeck.quantize_by %arg0, %1, %0 axis = 0 block_size = 0 : (tensor<1x8x24x96xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x24x96xui8>
    %13 = limbeck.dequantize_by %12, %1, %0 axis = 0 block_size = 0 to = f32 : (tensor<1x8x24x96xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x24x96xf32>
    %14 = limbeck.conv %13, %11, %10 strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" : (tensor<1x8x24x96xf32>, tensor<8x8x1x1xf32>, tensor<8xf32>) -> tensor<1x8x24x96xf32>
    %15 = limbeck.relu %14 : (tensor<1x8x24x96xf32>) -> tensor<1x8x24x96xf32>
    %16 = limbeck.quantize_by %15, %6, %5 axis = 0 block_size = 0 : (tensor<1x8x24x96xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x24x96xui8>
    %17 = limbeck.dequantize_by %16, %6, %5 axis = 0 block_size = 0 to = f32 : (tensor<1x8x24x96xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x24x96xf32>
    return %17 : tensor<1x8x24x96xf32>
  }
}
