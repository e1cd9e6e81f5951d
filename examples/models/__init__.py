"""Models for the demo, the tests and the benchmarks: real ones out of Python packages, and some with random weights written here.

`python -m models --help` (with PYTHONPATH=examples) writes them, float and quantized by ONNX Runtime, into a folder.
"""
