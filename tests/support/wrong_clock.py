"""`clinic-desk worker` on a PC whose clock is wrong by so many seconds: `python -m tests.support.wrong_clock worker`.

The seconds are in the environment. What the program asks the time of says the wrong one; time goes on as it does.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
from typing import Final

SECONDS: Final = "CLINIC_DESK_TEST_CLOCK_IS_AHEAD_S"


def _set_clock(seconds: float) -> None:
    ahead, right, right_ns, real = datetime.timedelta(seconds=seconds), time.time, time.time_ns, datetime.datetime

    class AnyTime(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)  # what the database's driver makes is one too

    class WrongTime(datetime.datetime, metaclass=AnyTime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> WrongTime:
            return super().now(tz) + ahead

        @classmethod
        def utcnow(cls) -> WrongTime:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    time.time = lambda: right() + seconds
    time.time_ns = lambda: right_ns() + int(seconds * 1_000_000_000)
    datetime.datetime = WrongTime  # type: ignore[misc]


if __name__ == "__main__":
    _set_clock(float(os.environ[SECONDS]))
    from clinic_desk.cli import main  # with the clock as it is from now on

    sys.exit(main())
