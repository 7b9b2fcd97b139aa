"""voice-tui: a private, local, low-latency voice assistant in the terminal that remembers you."""

__version__ = "0.1.0"
