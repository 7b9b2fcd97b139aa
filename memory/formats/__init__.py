"""Memories and conversations as JSON Lines, JSON and Markdown."""
