"""What mail servers, providers and networks do to messages at random, and what is counted when all has arrived."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TypeVar

from tests.support.mail_server import Stage, Step
from tests.support.twilio_server import Fault, Method, refusal

Thing = TypeVar("Thing")

_SMS: Final[tuple[tuple[float, str, Fault], ...]] = (
    (0.010, "21211", refusal(21211)),
    (0.010, "21614", refusal(21614)),
    (0.005, "21610", refusal(21610)),
    (0.005, "21617", refusal(21617)),
    (0.002, "401", refusal(20003, 401)),
    (0.030, "429 with Retry-After", Fault(status=429, code=20429, retry_after="7")),
    (0.015, "429", Fault(status=429, code=20429)),
    (0.020, "500", Fault(status=500, code=20500)),
    (0.020, "503", Fault(status=503)),
    (0.020, "HTML 502", Fault(status=502, html=True)),
    (0.015, "HTML 502, taken", Fault(status=502, html=True, taken=True)),
    (0.015, "500, taken", Fault(status=500, taken=True)),
    (0.010, "garbage, taken", Fault(garbage=True, taken=True)),
    (0.020, "cut", Fault(cut=True)),
    (0.030, "cut, taken", Fault(cut=True, taken=True)),
    (0.004, "hang", Fault(hang=True)),
    (0.004, "hang, taken", Fault(hang=True, taken=True)),
    (0.050, "slow", Fault(delay_s=0.3)),
    (0.020, "slow, cut, taken", Fault(delay_s=0.3, cut=True, taken=True)),
)
_LIST: Final[tuple[tuple[float, str, Fault], ...]] = (
    (0.03, "list 500", Fault(status=500, code=20500)),
    (0.03, "list 429", Fault(status=429, code=20429, retry_after="7")),
    (0.02, "list HTML 502", Fault(status=502, html=True)),
    (0.02, "list garbage", Fault(status=200, garbage=True)),
    (0.02, "list cut", Fault(cut=True)),
    (0.003, "list hang", Fault(hang=True)),
)
_MAIL: Final[dict[Stage, tuple[tuple[float, str, Step], ...]]] = {
    "connect": ((0.02, "421 at connect", Step(reply="421 4.3.2 too busy")), (0.02, "cut at connect", Step(cut=True))),
    "EHLO": ((0.01, "cut at EHLO", Step(cut=True)),),
    "MAIL": (
        (0.020, "451 at MAIL", Step(reply="451 4.3.0 later")),
        (0.002, "550 at MAIL", Step(reply="550 5.7.1 not you")),
        (0.010, "cut at MAIL", Step(cut=True)),
        (0.030, "slow", Step(delay_s=0.3)),
    ),
    "RCPT": (
        (0.050, "450 at RCPT", Step(reply="450 4.2.0 greylisted")),
        (0.020, "452 at RCPT", Step(reply="452 4.2.2 mailbox full")),
        (0.010, "550 at RCPT", Step(reply="550 5.1.1 no such user")),
        (0.010, "554 at RCPT", Step(reply="554 5.7.1 no")),
        (0.003, "hang at RCPT", Step(hang=True)),
    ),
    "DATA": ((0.01, "451 at DATA", Step(reply="451 4.3.0 later")), (0.01, "cut at DATA", Step(cut=True))),
    "body": ((0.04, "cut in the data", Step(cut=True)), (0.002, "hang in the data", Step(hang=True))),
    "dot": (
        (0.020, "452 after the dot", Step(reply="452 4.3.1 disk full")),
        (0.010, "554 after the dot", Step(reply="554 5.6.0 no such content")),
        (0.050, "taken, cut", Step(cut=True)),
        (0.020, "taken, slow, cut", Step(cut=True, delay_s=0.3)),
        (0.004, "taken, hang", Step(hang=True)),
    ),
}


@dataclass
class Faults:
    """Chooses for both servers, from any thread; none once `over`. `happened` counts them."""

    random: random.Random
    over: bool = False
    happened: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of_twilio(self, method: Method) -> Fault | None:
        """What is to happen to a request."""
        return self._one(_SMS if method == "POST" else _LIST)

    def of_mail(self, stage: Stage) -> Step | None:
        """What is to happen at a stage."""
        return self._one(_MAIL.get(stage, ()))

    def _one(self, table: tuple[tuple[float, str, Thing], ...]) -> Thing | None:
        with self._lock:
            drawn = self.random.random()
            for likely, name, thing in table:
                drawn -= likely * 1.5
                if drawn < 0 and not self.over:
                    self.happened[name] += 1
                    return thing
        return None
