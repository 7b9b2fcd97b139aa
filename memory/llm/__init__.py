"""What a language model is asked about memories, and what is made of its answers. No network in here."""
