"""What stands beside the calendar of who is in the house: how many, the list, and who never arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.records import Clinic
from clinic_desk.ui.booking.fields import ChoiceBox, button, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.house.listing import HouseList
from clinic_desk.ui.house.rows import HouseRow, narrow_columns

translate = QCoreApplication.translate
_MOST_SHOWN = 8


class HousePanel(QWidget):
    """Shows what it is given; does nothing itself."""

    site_chosen = Signal(object)
    """The id of the site whose patients are wanted, None: of all."""
    window_wanted = Signal()
    noshows_wanted = Signal()
    walk_in_wanted = Signal()

    def __init__(self, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("house_panel")
        title = translate("house", "In the house now")
        self.setAccessibleName(title)
        self.title = plain_label(title.upper(), "section")
        self.own_window = button(translate("house", "Window"), "house_own_window", self.window_wanted.emit, "link")
        self.own_window.setAccessibleName(translate("house", "A window of its own"))
        self.sites = ChoiceBox("house_site")
        self.sites.name_alone(translate("house", "Of which site"))
        self.sites.activated.connect(lambda _row: self.site_chosen.emit(self.sites.value))
        self.summary = plain_label("", "muted", wrap=True)
        self.summary.setObjectName("house_summary")
        self.list = HouseList(narrow_columns(), clock, "house_list", title, self)
        self.walk_in = button(translate("house", "Walk-in…"), "house_walk_in", self.walk_in_wanted.emit, "link")
        self.never = button("", "house_never", self.noshows_wanted.emit, "link")
        restyle(self.never, "role", "warning")
        self._lay_out()
        self.show_rows(())
        self.show_never(0)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.own_window)
        foot = QHBoxLayout()
        foot.addWidget(self.walk_in)
        foot.addStretch(1)
        foot.addWidget(self.never)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.sites)
        column.addWidget(self.summary)
        column.addWidget(self.list)
        column.addLayout(foot)

    def show_sites(self, clinic: Clinic, chosen: UUID | None) -> None:
        """Offer the sites, where there is more than one."""
        sites = [site for site in clinic.sites if site.active]
        rows: list[tuple[str, UUID | None]] = [(translate("house", "All sites"), None)]
        rows += [(one_line(site.name), site.id) for site in sites]
        self.sites.fill(rows, chosen)
        self.sites.setVisible(len(sites) > 1)

    def show_rows(self, rows: Sequence[HouseRow]) -> None:
        """List who is here."""
        self.list.show_rows(rows)
        self.list.setVisible(bool(rows))
        shown = min(max(1, len(rows)), _MOST_SHOWN)
        height = self.list.verticalHeader().defaultSectionSize() * shown + self.list.horizontalHeader().height() + 4
        self.list.setFixedHeight(height)
        text = summary_text(rows)
        if text != self.summary.text():
            self.summary.setText(text)
        restyle(self.summary, "role", "danger" if any(row.is_late for row in rows) else "muted")

    def show_never(self, number: int) -> None:
        """Say how many of today and yesterday were never marked as arrived though their time is over."""
        set_button_text(self.never, translate("house", "Never arrived: {number}…").format(number=number))
        self.never.setVisible(number > 0)

    def set_keys(self, own_window: str, walk_in: str, noshows: str) -> None:
        """Say on the tool tips which keys do the same."""
        for each, text, keys in (
            (self.own_window, self.own_window.accessibleName(), own_window),
            (self.walk_in, translate("house", "Book who stands here, arrived at once"), walk_in),
            (self.never, translate("house", "Mark who did not come, all at once"), noshows),
        ):
            each.setToolTip(f"{text} ({keys})" if keys else text)


def summary_text(rows: Sequence[HouseRow]) -> str:
    """Return `3 wait · 2 in rooms · ⚠ 1 too long`."""
    if not rows:
        return translate("house", "Nobody is here.")
    waiting, late = sum(row.waits for row in rows), sum(row.is_late for row in rows)
    parts = [
        translate("house", "{number} waiting").format(number=waiting),
        translate("house", "{number} in rooms").format(number=len(rows) - waiting),
    ]
    if late:
        parts.append(translate("house", "⚠ {number} too long").format(number=late))
    return " · ".join(parts)
