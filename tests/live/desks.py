"""The test's side of desks that are programs of their own: starts them, works with them, sees what they show."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import IO, Any, Final

from sqlalchemy import URL

from tests.live.nursery import Process, start
from tests.live.seen import Block, Seen

Start = Callable[[list[str], IO[bytes]], Process]
PATIENCE_S: Final = 50.0


class DeskGone(AssertionError):
    """The desk's program ended, or did not do what it was told."""


class Desk:
    """One desk. Keys and clicks are real events in its own process; `until` waits for what its window shows."""

    def __init__(self, url: URL, name: str, folder: Path, *options: str, start: Start = start) -> None:
        self.name = name
        self.killed = False
        self._is_lost = False
        self.notes: SimpleQueue[dict[str, Any]] = SimpleQueue()
        """What it told besides looks and acknowledgements (see PaintWatch)."""
        self._seen: Seen | None = None
        self._answers: dict[int, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._no = 0
        self._errors = (folder / f"{name}-{monotonic():.3f}.err").open("w+b")
        address = url.render_as_string(hide_password=False)
        self._process = start([address, name, str(folder), *options], self._errors)
        self._ear = threading.Thread(target=self._listen, name=f"ear of {name}")
        self._ear.start()

    # --- what it shows ---

    @property
    def seen(self) -> Seen:
        """The latest look."""
        assert self._seen is not None
        return self._seen

    def until(self, holds: Callable[[Seen], object], what: str = "", *, within_s: float = PATIENCE_S) -> Seen:
        """Wait until the window shows what is wanted; return that look."""
        deadline = monotonic() + within_s
        with self._changed:
            while self._seen is None or not holds(self._seen):
                if self._process.poll() is not None or not self._changed.wait(deadline - monotonic()):
                    expected = what or "what was expected"
                    message = f"{self.name} never showed {expected}; it shows {self._seen}; {self.errors()}"
                    raise DeskGone(message)
            return self._seen

    # --- what is done at it ---

    def do(self, what: str, **arguments: Any) -> Any:
        """Have one thing done; return when it is done. `seen` is then a look after it."""
        assert self._process.stdin is not None
        self._no += 1
        no = self._no
        line = json.dumps({"no": no, "do": what, "with": arguments})
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        deadline = monotonic() + PATIENCE_S
        with self._changed:
            while no not in self._answers:
                if self._process.poll() is not None or not self._changed.wait(deadline - monotonic()):
                    message = f"{self.name} did not do {line}; it shows {self._seen}; {self.errors()}"
                    raise DeskGone(message)
            answer = self._answers.pop(no)
        if "error" in answer:
            message = f"{self.name} could not do {line}: {answer['error']}; it shows {self._seen}"
            raise DeskGone(message)
        return answer["result"]

    def press(self, key: str, *modifiers: str, times: int = 1) -> None:
        """Press a key (Qt's name of it) where the keyboard is."""
        self.do("key", key=key, modifiers=modifiers, times=times)

    def type(self, text: str) -> None:
        """Type letters where the keyboard is."""
        self.do("type", text=text)

    def go_to(self, day: date) -> None:
        """Show a day: Ctrl+G, the date, Enter."""
        self.do("turn_to_calendar")
        self.press("G", "ctrl")
        self.type(day.isoformat())
        self.press("Return")
        self.until(lambda seen: seen.day == day.isoformat(), f"the {day}")

    def begin_booking(self, time: str, letters: str) -> None:
        """At a time of the first doctor open the form and take the patient these letters find."""
        self.do("turn_to_calendar")
        self.press("Left", times=4)
        self.type(time)
        self.press("Return")
        self.until(lambda seen: seen.form is not None, "the form")
        self.type(letters)
        self.until(lambda seen: seen.form is not None and seen.form.matches, f"whom {letters!r} finds")
        self.press("Return")
        self.until(lambda seen: seen.form is not None and seen.focus == "type_box", "the patient taken")

    def open(self, block: Block) -> None:
        """Open an appointment to change it."""
        self.choose(block)
        self.press("Return")
        self.until(lambda seen: seen.form is not None, "the form")

    def choose(self, block: Block) -> None:
        """Select an appointment on the calendar."""
        self.do("turn_to_calendar")
        assert self.do("select", appointment_id=block.id)

    def write_note(self, text: str) -> None:
        """Type into the open form's note."""
        self.press("O", "alt")
        self.until(lambda seen: seen.focus == "note_line", "the note in hand")
        self.press("A", "ctrl")
        self.type(text)

    def until_asked(self, name: str) -> Seen:
        """Wait for a dialog that takes an answer by now, with its choices there."""
        return self.until(
            lambda seen: seen.sheet is not None and seen.sheet.name == name and seen.sheet.can_answer, f"the {name}"
        )

    def tidy(self) -> None:
        """Leave whatever a test that failed left open. A desk that could not be used once is not waited for again."""
        if self._is_lost:
            message = f"{self.name} was lost to an earlier test; it shows {self._seen}"
            raise DeskGone(message)
        self._is_lost = True
        for _ in range(6):
            seen = self.until(lambda seen: seen.ready, "the calendar", within_s=2 * PATIENCE_S)
            if seen.form is None and seen.sheet is None and not seen.carrying:
                self._is_lost = False
                return
            self.press("Escape")
        message = f"{self.name} cannot be used any more: {self.seen}"
        raise DeskGone(message)

    # --- its end ---

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self.killed = True
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def close(self) -> None:
        """Close its window; return when it has ended, which must be orderly and without complaint."""
        if self._process.poll() is None and not self.killed:
            self.do("close")
        self.end()
        if not self.killed:
            assert self._process.returncode == 0, f"{self.name} ended with {self._process.returncode}: {self.errors()}"
            complaints = self.errors()
            assert not complaints, f"{self.name} complained: {complaints}"

    def end(self) -> None:
        """Let go of the process, which ends with its input if it has not ended yet."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE_S)
        self._ear.join(PATIENCE_S)
        self._process.stdout.close()
        self.errors()

    def errors(self) -> str:
        """What it wrote to standard error."""
        if not self._errors.closed:
            self._errors.seek(0)
            self._complaints = self._errors.read().decode()
            if self._process.poll() is not None:
                self._errors.close()
        return self._complaints

    # --- the thread that listens to it ---

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            with self._changed:
                if "seen" in message:
                    self._seen = Seen.of(message["seen"])
                if "no" in message:
                    self._answers[message["no"]] = message
                elif "seen" not in message:
                    self.notes.put(message)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
