"""What a desk's window shows, as plain records that go from the desk's program to the test."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Block:
    """An appointment on the calendar. `start`: wall time `HH:MM` of its column; `changed_at`: the desk that did it."""

    id: str
    patient: str
    doctor: str
    start: str
    minutes: int
    status: str
    version: int
    note: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class Held:
    """Another desk's hold on the calendar."""

    desk: str
    doctor: str
    start: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A dialog: its object name, the texts on it, its numbered choices, and whether it takes an answer by now."""

    name: str
    texts: tuple[str, ...]
    choices: tuple[str, ...]
    problem: str
    can_answer: bool

    def says(self, part: str) -> bool:
        """Whether a text of it contains this."""
        return any(part in text for text in self.texts)


@dataclass(frozen=True, slots=True)
class Form:
    """The open booking form. `matches`: the names listed for what is typed, () while none are."""

    patient: str
    when: str
    note: str
    matches: tuple[str, ...]
    problem: str
    about_time: str
    button: str
    is_busy: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a window. `at`: the machine's monotonic clock, in seconds."""

    at: float
    ready: bool
    day: str = ""
    connection: str = ""
    cover: str = ""
    banner: str = ""
    toast: str = ""
    focus: str = ""
    can_book: bool = False
    carrying: bool = False
    selected: str = ""
    scroll: int = 0
    blocks: tuple[Block, ...] = ()
    holds: tuple[Held, ...] = ()
    form: Form | None = None
    sheet: Sheet | None = None

    def block(self, appointment_id: object) -> Block | None:
        """The appointment as it is shown."""
        return next((block for block in self.blocks if block.id == str(appointment_id)), None)

    def at_time(self, start: str, doctor: object = None) -> tuple[str, ...]:
        """The patients that are shown at a wall time as coming, with a doctor if one is named."""
        return tuple(
            block.patient
            for block in self.blocks
            if block.start == start and block.status != "cancelled" and doctor in (None, block.doctor)
        )

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """Read what `dataclasses.asdict` and JSON made of it."""
        assert set(data) == {field.name for field in fields(cls)}
        blocks = tuple(Block(**each) for each in data["blocks"])
        holds = tuple(Held(**each) for each in data["holds"])
        form, sheet = data["form"], data["sheet"]
        return cls(
            **data
            | {
                "blocks": blocks,
                "holds": holds,
                "form": form and Form(**form | {"matches": tuple(form["matches"])}),
                "sheet": sheet
                and Sheet(**sheet | {"texts": tuple(sheet["texts"]), "choices": tuple(sheet["choices"])}),
            }
        )
