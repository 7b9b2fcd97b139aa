"""Moshi: one model that listens and speaks at the same time, on MLX. `factory.py` is the door; the rest loads MLX."""
