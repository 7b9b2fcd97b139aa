"""MLX for the tests; a test file that imports from here is skipped, with the reason, where it is not installed."""

from __future__ import annotations

from typing import Any

import pytest

mx: Any = pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx]: Apple silicon, or Linux on x86_64)")
