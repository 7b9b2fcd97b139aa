"""One conversation: the loop, the process that hosts it, and the same loop on files."""
