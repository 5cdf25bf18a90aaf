"""What a block says and how it looks: name, type and room, its remark, the colours of its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.domain.records import AppointmentStatus, Channel, MessageState, ParticipationStatus
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.lettering import Look, Mark, Said
from clinic_desk.ui.calendar.metrics import Face
from clinic_desk.ui.calendar.text import one_line, shorter_names, shown_name
from clinic_desk.ui.theme import Theme, mixed, shades

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry
    from clinic_desk.ui.calendar.model import CalendarModel

_BOOKED, _ARRIVED, _CHECKED_IN = AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN
_OUT = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW})
_SIGNS: dict[MessageState | ParticipationStatus, tuple[str, str]] = {
    MessageState.FAILED: ("⚠", "danger"),
    ParticipationStatus.DECLINED: ("✗", "danger"),
    MessageState.UNKNOWN: ("?", "warning"),
    ParticipationStatus.ACCEPTED: ("✓", "ok"),
}
"""What a booked appointment's messages and the patient's answer show on its block, the worst first: a sign and the
theme's colour. The words are in `words.message_text` and `words.answer_text`; states left out show nothing."""
_Kind = tuple[MessageState, ParticipationStatus, Channel]


class Captions:
    """Finds what blocks say in one theme; what many blocks have in common is made once for a clinic."""

    def __init__(self, model: CalendarModel, theme: Theme) -> None:
        self._model, self._theme = model, theme
        self._names = model.names
        self._looks: dict[tuple[str, AppointmentStatus], Look] = {}
        self._below: dict[tuple[int, int | None], tuple[str, ...]] = {}
        self._remarks: dict[_Kind, Mark | None] = {}
        self._standing: dict[tuple[AppointmentStatus, int | None, bool], Mark] = {}

    def renew(self) -> bool:
        """Forget what was made for other names (another clinic, a week's colours); return whether it had to."""
        if self._names is self._model.names:
            return False
        self._names = self._model.names
        self._below.clear()
        return True

    def look(self, entry: Entry) -> Look:
        """Return how an appointment's block is drawn."""
        colour, status = self._names.colour(entry), entry.appointment.status
        found = self._looks.get((colour, status))
        if found is None:
            found = self._looks[colour, status] = _look(colour, status, self._theme)
        return found

    def name(self, entry: Entry) -> str:
        """Return whose appointment it is."""
        return shown_name(entry.patient, entry.appointment.wall_start.date()) or words.nameless()

    def said(self, entry: Entry, look: Look, waiting: int | None, *, flash: bool) -> Said:
        """Return what a block says. `waiting`: minutes since the patient arrived; `flash`: say who changed it."""
        status = entry.appointment.status
        if flash:
            mark: Mark | None = self._changed(entry)
        elif status == _BOOKED:
            mark = self._remark(entry)
        else:
            late = self._names.is_too_long(entry, waiting)
            mark = self._standing.get((status, waiting, late)) or self._stand(status, look, waiting, late=late)
        shorter = shorter_names(entry.patient, entry.appointment.wall_start.date())
        return Said(self.name(entry), self._lines(entry), mark, shorter, is_locked=entry.patient.restricted)

    def _lines(self, entry: Entry) -> tuple[str, ...]:
        """Return the lines under the name: the type, then the room."""
        room_id = entry.appointment.present_room_id or entry.appointment.room_id
        key = (entry.appointment.type_id.int, room_id.int if room_id is not None else None)
        found = self._below.get(key)
        if found is None:
            lines = [self._names.type_name(entry)]
            if room_id is not None:
                lines.append(self._names.room_name(room_id))
            found = self._below[key] = tuple(one_line(line) for line in lines)
        return found

    def _changed(self, entry: Entry) -> Mark:
        theme = self._theme
        who, where = one_line(words.changed_text(entry)), one_line(words.changed_where(entry))
        return Mark(who, where, theme.on_fill, theme.accent_fill)

    def _stand(self, status: AppointmentStatus, look: Look, waiting: int | None, *, late: bool) -> Mark:
        """Return what a status itself says; how its blocks write that is the same whatever their colour."""
        theme, text = self._theme, words.status_text(status)
        if status == _ARRIVED:
            pill = words.waiting_text(waiting) if waiting is not None else text
            short = words.waiting_text(waiting, short=True) if waiting is not None else text
            mark = Mark(pill, short, theme.on_warning, theme.warning_fill)
            if late:
                mark = Mark(f"⚠ {pill}", f"⚠ {short}", theme.on_fill, theme.danger_fill)
        else:
            mark = Mark(text, text if status == _CHECKED_IN else "", look.muted)
        self._standing[status, waiting, late] = mark
        return mark

    def _remark(self, entry: Entry) -> Mark | None:
        """Return what a booked appointment's messages and the patient's answer tell, the worst of it."""
        key = (entry.message_state, entry.appointment.answer, entry.patient.channel)
        if key not in self._remarks:
            signs = (state for state in _SIGNS if state in key[:2])
            self._remarks[key] = next((self._signed(entry, state) for state in signs), None)
        return self._remarks[key]

    def _signed(self, entry: Entry, state: MessageState | ParticipationStatus) -> Mark:
        sign, colour = _SIGNS[state]
        text = words.message_text(entry) if isinstance(state, MessageState) else words.answer_text(entry)
        return Mark(f"{sign} {text}", sign, getattr(self._theme, colour))


def _look(colour: str, status: AppointmentStatus, theme: Theme) -> Look:
    made = shades(colour, theme)
    if status in _OUT:
        return Look(theme.panel, None, theme.danger, theme.danger, theme.danger, Face.STRUCK_NAME, Face.STRUCK_TEXT)
    if status == _CHECKED_IN:
        return Look(made.solid, None, theme.on_fill, theme.on_fill)
    if status == AppointmentStatus.FULFILLED:
        return Look(theme.done, mixed(made.bar, theme.done, 0.75), theme.ink_muted, theme.ink_muted)
    return Look(made.tint, made.bar, theme.ink, theme.ink_muted)
