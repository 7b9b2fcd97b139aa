"""Checkpoints in the exact layout of a release: what is in them, and random ones for tests and measurements."""
