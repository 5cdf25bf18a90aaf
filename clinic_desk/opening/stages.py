"""What is told while a clinic is opened: its steps, and who listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Tell = Callable[[str], None]
"""Is told, on the working thread, what is being done; a `Stage` or a step of the embedded server."""


class Stage:
    """What `Tell` can be told besides the steps of the embedded server."""

    IMPORTING: Final = "importing"
    PREPARING: Final = "preparing"
    DEMO: Final = "demo"
    CONNECTING: Final = "connecting"
    RESTORING: Final = "restoring"
