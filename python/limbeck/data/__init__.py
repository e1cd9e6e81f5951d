"""Sets of samples for ``limbeck calibrate``, ``quantize`` and ``run --data``, made of pictures, tables and arrays.

``python -m limbeck.data images|csv|numpy SOURCE -o samples.npz``; docs/python.md of the project has all flags. Samples are read,
converted and written one at a time, so that memory does not grow with their number.
"""
