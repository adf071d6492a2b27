"""A model for others: a stand-alone torch file (``emit``), ``.pt2`` (``torch_export``), ``.onnx`` (``onnx``)."""
