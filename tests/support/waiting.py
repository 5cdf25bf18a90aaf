"""Waits for what another thread or process does: on a condition, with a limit that only a failure reaches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 30.0
_BETWEEN_S: Final = 0.01


def until(holds: Callable[[], object], what: str = "what was waited for", *, within_s: float = PATIENCE_S) -> None:
    """Wait until a condition holds; fail, naming `what` never came, after so many seconds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(_BETWEEN_S)
