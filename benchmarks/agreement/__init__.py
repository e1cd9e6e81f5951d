"""How far quantized models agree with their float ones, ours and those of other quantizers, on the same data."""
