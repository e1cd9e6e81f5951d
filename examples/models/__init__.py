"""Models for the demo, the tests and the benchmarks: real ones out of a Python package, and two classifiers written here.

`python -m models --help` (with PYTHONPATH=examples) writes them, float and quantized by ONNX Runtime, into a folder.
"""
