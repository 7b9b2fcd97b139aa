"""The memory of an assistant: store, recall, forget. Imports nothing of `voice_tui`."""
