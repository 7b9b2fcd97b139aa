"""Engines: what turns the user's frames into the assistant's frames. `port.py` is the contract they all meet."""
