"""Runs a story step by step: a step waits for a condition, which a timer looks at, or fails when its time is up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

_LOOK_EVERY_MS: Final = 10
_TURNS: Final = 6


class TourFailed(Exception):
    """Something of the tour is not as it should be; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Until:
    """Go on when `holds` returns true. `what` completes the sentence "expected: …"."""

    holds: Callable[[], object]
    what: str
    within_s: float = 15.0


T = TypeVar("T")
Steps = Generator[Until, None, T]
"""Steps that end with a value."""


class Stage(QObject):
    """Plays one story; prints what happens and keeps the pictures."""

    ended = Signal(int)
    """0: everything was as expected; 1: something was not."""

    def __init__(self, shots: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shots = shots
        self.pictures: list[Path] = []
        self.windows: list[QWidget] = []
        """Of these a picture is taken when something fails."""
        self._began = monotonic()
        self._story: Steps[None] | None = None
        self._awaited: Until | None = None
        self._since = 0.0
        self._failed = False
        self._look = QTimer(self, interval=_LOOK_EVERY_MS)
        self._look.timeout.connect(self._go_on)

    # --- what a story says and shows ---

    def say(self, text: str) -> None:
        """Print one line, with the seconds since the beginning."""
        sys.stdout.write(f"[{monotonic() - self._began:5.1f} s] {text}\n")
        sys.stdout.flush()

    def expect(self, holds: object, what: str) -> None:
        """Fail unless it holds now."""
        if not holds:
            raise TourFailed(what)

    def picture(self, widget: QWidget, name: str) -> Steps[None]:
        """Save what a widget shows once everything that is under way in the event loop has been painted."""
        turns = iter(range(_TURNS))
        yield Until(lambda: next(turns, None) is None, "the window is painted")
        self._save(widget, name)

    def _save(self, widget: QWidget, name: str) -> None:
        self.shots.mkdir(parents=True, exist_ok=True)
        path = self.shots / f"{len(self.pictures) + 1:02d}-{name}.png"
        if not widget.grab().save(str(path)):
            message = f"the picture {path} could be written"
            raise TourFailed(message)
        self.pictures.append(path)
        self.say(f"        picture {path.name}")

    # --- playing ---

    def play(self, story: Steps[None]) -> None:
        """Begin; `ended` tells when it is over."""
        self._story = story
        self._look.start()

    @property
    def waiting(self) -> str:
        """For what the story waits, as the rest of a sentence."""
        return f" (awaited was: {self._awaited.what})" if self._awaited is not None else ""

    def fail(self, text: str) -> None:
        """End the tour as failed."""
        if self._failed or self._story is None:
            return
        self._failed = True
        self._look.stop()
        for number, window in enumerate(self.windows, start=1):
            self._save(window, f"failed-desk-{number}")
        sys.stderr.write(f"The tour failed. {text}\n")
        self.ended.emit(1)

    def _go_on(self) -> None:
        """Step on as long as what is awaited holds already."""
        if self._story is None or self._failed:
            return
        try:
            if self._awaited is not None and not self._is_there(self._awaited):
                return
            self._awaited = next(self._story)
            self._since = monotonic()
        except StopIteration:
            self._look.stop()
            self.ended.emit(0)
        except TourFailed as error:
            self.fail(f"Expected: {error}.")
        except Exception as error:  # a bug in the story must end the program, not hang it
            from clinic_desk.reports import traceback_text

            self.fail(f"A bug: {error}\n{traceback_text(error)}")

    def _is_there(self, awaited: Until) -> bool:
        if awaited.holds():
            return True
        if monotonic() - self._since > awaited.within_s:
            message = f"{awaited.what} (within {awaited.within_s:.0f} s)"
            raise TourFailed(message)
        return False
