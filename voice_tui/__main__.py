"""`python -m voice_tui` is `voice-tui`."""

import sys

from voice_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
