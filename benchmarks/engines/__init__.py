"""The engines, each a module with a class `Engine`.

prepare()               what happens before a program is deployed: compiling to a file
load()                  from the file to something that can run
start(inputs)           buffers and callers; returns the loop to measure with
results(stream, index)  the outputs of the last run of one caller on one input
forget(stream, index)   makes them no numbers, so that the next run must write them
repeats_bits            whether it promises the same bits for the same input
"""

NAMES = ["limbeck", "onnxruntime", "openvino", "iree", "torch"]
