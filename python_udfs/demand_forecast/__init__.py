"""Run the warehouse's own forecasting models: light (numpy, pyarrow, ONNX Runtime), never torch."""

__version__ = "0.1.0"
