"""What a memory goes through after it was written: corrected, forgotten, restored."""
