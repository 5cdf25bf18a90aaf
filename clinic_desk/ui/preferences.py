"""What one person chose on this PC: columns, zoom, colour scheme, keys, window places. Kept by QSettings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QByteArray, QSettings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from clinic_desk.ui.column_choice import ColumnChoice

Kind = Literal["practitioner", "room"]
Pace = Literal["day", "workday", "week"]
"""From one of several days to the next: each day, Monday to Friday only, or the same weekday of each week."""
PACES: Final[tuple[Pace, ...]] = ("day", "workday", "week")
Scheme = Literal["system", "light", "dark"]
Tell = Literal["always", "ask", "never"]
STEPS: Final = (5, 10, 15, 20, 30)
"""Minutes per row of the calendar, finest first: the zoom levels."""


class Preferences:
    """The settings of `login` in `settings`. Unreadable values count as not set."""

    def __init__(self, settings: QSettings, login: str) -> None:
        self._settings = settings
        self._prefix = ""
        self.sign_in(login)

    def sign_in(self, login: str) -> None:
        """Go on with the choices of another person."""
        self._prefix = f"users/{login or '-'}"

    def columns(self, kind: Kind) -> ColumnChoice:
        """Return which columns of this kind are shown in what order."""
        from clinic_desk.ui.column_choice import ColumnChoice  # this module is needed before the first picture

        return ColumnChoice(frozenset(self._ids(f"{kind}/hidden")), tuple(self._ids(f"{kind}/order")))

    def set_columns(self, kind: Kind, choice: ColumnChoice) -> None:
        """Remember which columns of this kind are shown in what order."""
        self._set_ids(f"{kind}/hidden", sorted(choice.hidden))
        self._set_ids(f"{kind}/order", choice.order)

    def step(self) -> int:
        """Return the minutes per row of the calendar."""
        text = self._text("step")
        return int(text) if text.isdigit() and int(text) in STEPS else 15

    def set_step(self, minutes: int) -> None:
        """Remember the minutes per row of the calendar."""
        self._set("step", str(minutes))

    def days_beside(self) -> tuple[int, Pace]:
        """Return how many days of one column stand side by side (2-7), and which."""
        count, _, pace = self._text("days").partition(" ")
        if pace not in PACES or not count.isdigit() or not 2 <= int(count) <= 7:
            return 3, "day"
        return int(count), PACES[PACES.index(pace)]

    def set_days_beside(self, count: int, pace: Pace) -> None:
        """Remember how many days of one column stand side by side, and which."""
        self._set("days", f"{count} {pace}")

    def scheme(self) -> Scheme:
        """Return the wanted colour scheme."""
        text = self._text("scheme")
        if text == "light":
            return "light"
        return "dark" if text == "dark" else "system"

    def set_scheme(self, scheme: Scheme) -> None:
        """Remember the wanted colour scheme."""
        self._set("scheme", scheme)

    def is_shown(self, part: str) -> bool:
        """Return whether a part of the window that can be hidden is shown."""
        return self._text(f"{part}/hidden") != "yes"

    def set_shown(self, part: str, shown: bool) -> None:
        """Remember whether a part of the window is shown."""
        self._set(f"{part}/hidden", "" if shown else "yes")

    def is_open(self, name: str) -> bool:
        """Return whether a window of its own was open when the program was closed."""
        return self._text(f"{name}/open") == "yes"

    def set_open(self, name: str, *, is_open: bool) -> None:
        """Remember whether a window of its own is open."""
        self._set(f"{name}/open", "yes" if is_open else "")

    def house_site(self) -> UUID | None:
        """Return of which site it is shown who is in the house; None: of all."""
        return next(iter(self._ids("house/site")), None)

    def set_house_site(self, site_id: UUID | None) -> None:
        """Remember of which site it is shown who is in the house."""
        self._set_ids("house/site", () if site_id is None else (site_id,))

    def width(self, part: str) -> int:
        """Return how wide a part of the window was, in pixels; 0 if it was never noted."""
        text = self._text(f"{part}/width")
        return min(int(text), 600) if text.isdigit() else 0

    def set_width(self, part: str, pixels: int) -> None:
        """Remember how wide a part of the window is."""
        self._set(f"{part}/width", str(pixels))

    def tell_moves(self) -> Tell:
        """Return whether a patient is told of a move: always, never, or as is answered each time."""
        text = self._text("tell_moves")
        if text == "ask":
            return "ask"
        return "never" if text == "never" else "always"

    def set_tell_moves(self, tell: Tell) -> None:
        """Remember whether a patient is told of a move."""
        self._set("tell_moves", tell)

    def shortcut(self, action: str, default: str) -> str:
        """Return the keys of an action, in Qt's portable form; empty means none."""
        value = self._settings.value(f"{self._prefix}/keys/{action}", default)
        return value if isinstance(value, str) else default

    def set_shortcut(self, action: str, keys: str | None) -> None:
        """Remember other keys for an action; None goes back to its default."""
        if keys is None:
            self._settings.remove(f"{self._prefix}/keys/{action}")
        else:
            self._set(f"keys/{action}", keys)

    def lock_after(self) -> int:
        """Return after how many idle minutes this person wants the desk locked; 0: as the clinic has it."""
        text = self._text("lock_after")
        return int(text) if text in {"2", "5"} else 0

    def set_lock_after(self, minutes: int) -> None:
        """Remember after how many idle minutes this person wants the desk locked."""
        self._set("lock_after", str(minutes))

    def zone_rules_seen(self) -> str:
        """Return the zone rules by which the appointments to come were found to be at the time agreed; empty: none."""
        return self._text("zone_rules_seen")

    def set_zone_rules_seen(self, rules: str) -> None:
        """Remember by which zone rules the appointments to come are at the time agreed."""
        self._set("zone_rules_seen", rules)

    def last_look(self) -> datetime | None:
        """Return when this person looked last at what was changed, or closed the program; None if never."""
        from datetime import datetime

        try:
            return datetime.fromisoformat(self._text("last_look"))
        except ValueError:
            return None

    def set_last_look(self, at: datetime) -> None:
        """Remember when this person looked last; `at` is in UTC."""
        self._set("last_look", at.isoformat())

    def geometry(self, name: str) -> QByteArray:
        """Return where a window or splitter was left; empty if never."""
        value = self._settings.value(f"{self._prefix}/geometry/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_geometry(self, name: str, state: QByteArray) -> None:
        """Remember where a window or splitter is."""
        self._settings.setValue(f"{self._prefix}/geometry/{name}", state)

    def of_this_pc(self, key: str) -> str:
        """Return what is chosen on this PC for whoever signs in; "" if nothing is."""
        value = self._settings.value(f"pc/{key}", "")
        return value if isinstance(value, str) else ""

    def set_of_this_pc(self, key: str, value: str) -> None:
        """Remember what is chosen on this PC for whoever signs in."""
        self._settings.setValue(f"pc/{key}", value)

    def _text(self, key: str) -> str:
        value = self._settings.value(f"{self._prefix}/{key}", "")
        return value if isinstance(value, str) else ""

    def _set(self, key: str, value: str) -> None:
        self._settings.setValue(f"{self._prefix}/{key}", value)

    def _ids(self, key: str) -> list[UUID]:
        from uuid import UUID

        try:
            return [UUID(each) for each in self._text(key).split()]
        except ValueError:
            return []

    def _set_ids(self, key: str, ids: Iterable[UUID]) -> None:
        self._set(key, " ".join(str(each) for each in ids))
