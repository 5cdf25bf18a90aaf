"""A patient's data taken out and erased: what is asked for and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.errors import Refused


@dataclass(frozen=True, slots=True)
class ErasePatient:
    """Erase a patient's data for good, of `version` as it was seen. There is no way back, and no undo."""

    patient_id: UUID
    version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Erasable:
    """What erasing a patient would take away, in numbers, and what stands in the way.

    `records`: hers and those merged into it. `coming`: her appointments to come, `unsettled`: messages of which nobody
    knows yet whether they went; she can be erased when both are 0. `copies`: messages the provider still has.
    """

    version: int
    records: int
    appointments: int
    messages: int
    replies: int
    copies: int
    coming: int
    unsettled: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, in numbers: see `Erasable`."""

    records: int
    appointments: int
    messages: int
    replies: int
    copies: int


class NotErasable(Refused):
    """Something stands in the way. `why`: appointments to come, or messages that may be going just now; `count`."""

    def __init__(self, why: Literal["coming", "unsettled"], count: int) -> None:
        super().__init__(f"the patient cannot be erased: {count} {_WORDS[why]}")
        self.why = why
        self.count = count


_WORDS = {
    "coming": "appointments to come, cancel them first",
    "unsettled": "messages may be on their way, settle them first",
}
