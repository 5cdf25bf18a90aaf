"""What is known of a change whose COMMIT went unanswered, and how long finding out may go on."""

from __future__ import annotations

import random
import time
from typing import Final

from clinic_desk.errors import OutcomeUnknown

_UNKNOWN: Final = "the answer to COMMIT was lost and the database cannot be asked"


class Doubt:
    """Whether an earlier COMMIT went unanswered, and how long finding out may go on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline: float | None = None
        self.begun = False
        """This transaction inserted the operation itself, so no earlier one can stand any more."""

    @property
    def exists(self) -> bool:
        return self._deadline is not None

    def begin(self) -> None:
        self._deadline = self._deadline or time.monotonic() + self._seconds

    def pause(self, attempt: int) -> None:
        """Wait a little before the next attempt. Raises OutcomeUnknown once the time is up."""
        if self._deadline is None:
            time.sleep(random.uniform(0.001, 0.01) * (attempt + 1))  # noqa: S311
        elif time.monotonic() > self._deadline:
            raise OutcomeUnknown(_UNKNOWN)
        else:
            time.sleep(min(1.0, 0.02 * 2 ** min(attempt, 6)))
