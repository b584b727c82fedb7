"""The networks that ship, with weights and calibration: the only home of sentence-transformers and ONNX Runtime."""
