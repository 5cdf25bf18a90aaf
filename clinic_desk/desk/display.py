"""Whether there is a screen to draw on: without one Qt would abort the process, so it is looked at before Qt is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def has_display(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether Qt can open a window, or was told by QT_QPA_PLATFORM what to do instead."""
    if environment.get("QT_QPA_PLATFORM"):
        return True
    if platform in {"win32", "darwin"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
