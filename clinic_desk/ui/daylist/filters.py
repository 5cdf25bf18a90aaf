"""What stands over the list of the day: find, filter, sort; each by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.ui.booking.fields import ChoiceBox, TickBox, button, field_label, plain_label
from clinic_desk.ui.calendar.words import status_text
from clinic_desk.ui.daylist.choosing import Order, Wanted
from clinic_desk.ui.daylist.rows import count_text, titles
from clinic_desk.ui.messages.filters import SearchLine

translate = QCoreApplication.translate
_LISTED = tuple(
    status
    for status in AppointmentStatus
    if status not in {AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.WAITLIST}
)


class DayFilters(QWidget):
    """Tells what is wanted and in what order; `left` when the list is to have the keyboard."""

    changed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._order = Order()
        self.search = SearchLine()
        self.search.setObjectName("daylist_search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(translate("daylist", "Filter the list"))
        self.search.setMinimumWidth(150)
        self.status = _box("daylist_status")
        self.doctor = _box("daylist_doctor")
        self.sort = _box("daylist_sort")
        self.turn = button("⇅", "daylist_turn", self._turn, "link")
        self.not_arrived = _tick("daylist_not_arrived", translate("daylist", "&Not arrived"))
        self.unconfirmed = _tick("daylist_unconfirmed", translate("daylist", "&Unconfirmed"))
        self.failed = _tick("daylist_failed", translate("daylist", "M&essage failed"))
        self.count = plain_label("", "muted")
        self.count.setObjectName("daylist_count")
        self.all = button(translate("daylist", "Show all"), "daylist_all", self.reset, "link")
        self._lay_out()
        self._fill()
        self._wire()

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(8)
        first.addWidget(self.search, 1)
        for text, box in (
            (translate("daylist", "&Status"), self.status),
            (translate("daylist", "&Doctor"), self.doctor),
            (translate("daylist", "S&ort by"), self.sort),
        ):
            first.addWidget(field_label(text, box))
            first.addWidget(box)
        first.addWidget(self.turn)
        for tick in (self.not_arrived, self.unconfirmed, self.failed):
            second.addWidget(tick)
        second.addStretch(1)
        second.addWidget(self.count)
        second.addWidget(self.all)
        self.acts = second
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 6)
        column.setSpacing(6)
        column.addLayout(first)
        column.addLayout(second)

    def _fill(self) -> None:
        self.status.fill([(translate("daylist", "all"), None), *((status_text(each), each) for each in _LISTED)], None)
        self.sort.fill([(title, name) for name, title in titles().items()], self._order.column)
        self.fill_doctors(())
        text = translate("daylist", "Turn the order round")
        self.turn.setAccessibleName(text)
        self.turn.setToolTip(text)

    def _wire(self) -> None:
        self.search.textChanged.connect(lambda _text: self._tell())
        self.search.left.connect(self.left)
        for box in (self.status, self.doctor):
            box.currentIndexChanged.connect(lambda _row: self._tell())
        self.sort.currentIndexChanged.connect(lambda _row: self.sort_by(self.sort.value))
        for tick in (self.not_arrived, self.unconfirmed, self.failed):
            tick.toggled.connect(lambda _on: self._tell())

    # --- what is wanted ---

    @property
    def wanted(self) -> Wanted:
        """What is asked for now."""
        return Wanted(
            self.search.text().strip(),
            self.status.value,
            self.doctor.value,
            self.not_arrived.isChecked(),
            self.unconfirmed.isChecked(),
            self.failed.isChecked(),
        )

    @property
    def order(self) -> Order:
        """In what order."""
        return self._order

    def put(self, wanted: Wanted, order: Order) -> None:
        """Ask for this."""
        blocked = self.blockSignals(True)
        self.search.setText(wanted.typed)
        self.status.choose(wanted.status)
        self.doctor.choose(wanted.doctor_id if wanted.doctor_id in self.doctor.values else None)
        self.not_arrived.setChecked(wanted.not_arrived)
        self.unconfirmed.setChecked(wanted.unconfirmed)
        self.failed.setChecked(wanted.failed)
        self._put_order(order)
        self.blockSignals(blocked)
        self._tell()

    def reset(self) -> None:
        """Ask for all rows; the order stays."""
        had_keyboard = self.all.hasFocus()
        self.put(Wanted(), self._order)
        if had_keyboard:
            self.left.emit()

    def sort_by(self, column: str) -> None:
        """Sort by a column; by the one that sorts already, the other way round."""
        backwards = column == self._order.column and not self._order.backwards
        self._put_order(Order(column, backwards))
        self.changed.emit()

    def _turn(self) -> None:
        self.sort_by(self._order.column)

    def _put_order(self, order: Order) -> None:
        self._order = order
        self.sort.choose(order.column)

    def fill_doctors(self, doctors: Iterable[tuple[str, UUID]]) -> None:
        """Offer these doctors; the chosen one stays chosen if she is among them."""
        rows: list[tuple[str, UUID | None]] = [(translate("daylist", "all"), None), *doctors]
        chosen = self.doctor.value if any(value == self.doctor.value for _, value in rows) else None
        self.doctor.fill(rows, chosen)

    def show_count(self, shown: int, every: int) -> None:
        """Say how many rows are listed, of how many."""
        whole = shown == every and self.wanted == Wanted()
        some = translate("daylist", "{shown} of {count}").format(shown=shown, count=every)
        self.count.setText(count_text(every) if whole else some)
        self.all.setVisible(not whole)

    def _tell(self) -> None:
        self.changed.emit()


def _box(name: str) -> ChoiceBox:
    box = ChoiceBox(name)
    box.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(9)
    return box


def _tick(name: str, text: str) -> TickBox:
    tick = TickBox()
    tick.setObjectName(name)
    tick.setText(text)
    tick.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return tick
