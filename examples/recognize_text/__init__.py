"""Reads text in pictures with the PP-OCR recognizer, compiled by Limbeck and run by ONNX Runtime side by side."""
