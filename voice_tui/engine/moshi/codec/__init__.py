"""Mimi on the CPU: sound to codes and back, without end. `mimi.py` is the door."""
