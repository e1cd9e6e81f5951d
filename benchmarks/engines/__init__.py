"""The engines, each a module with a class `Engine`.

prepare()      what happens before a program is deployed: compiling to a file
load()         from the file to something that can run
start(inputs)  buffers and callers; returns the loop to measure with
results()      the outputs of the last run
"""

NAMES = ["limbeck", "onnxruntime", "openvino", "iree", "torch"]
