"""Sound in and out: devices, files, rings. `port.py` is what the session loop sees of them."""
