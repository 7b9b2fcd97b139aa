"""Summaries of closed conversations, and keeping them true."""
