"""The same model computed by PyTorch, for NVIDIA cards; loaded when it is chosen."""
