"""The row over the list: the filters with their counts, any single state, and the search."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from clinic_desk.domain.message_list import Counts, Filter
from clinic_desk.ui.booking.fields import ChoiceBox, field_label, plain_label, set_button_text

translate = QCoreApplication.translate
REPLIES = "replies"
"""The name of the filter that shows replies instead of messages."""
_PAUSE_MS = 250


class SearchLine(QLineEdit):
    """Esc empties it, then leaves; Down and Enter go to the list."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """`chosen`: a Filter's value, or REPLIES."""

    changed = Signal()
    """Another filter, or another search, after a pause in typing."""
    left = Signal()
    """Esc, Down or Enter in the search: the list is to have the keyboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen: str = Filter.ALL
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        self.states = ChoiceBox("message_states")
        # A screen reader finds a box's name by its label; to the eye the box names itself by what is chosen in it.
        self._states_label = field_label(translate("messages", "Messages in one state"), self.states)
        self._states_label.setParent(self)
        self._states_label.hide()
        self.states.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToContents)
        self.states.activated.connect(lambda _row: self._choose_state())
        self.search = SearchLine()
        self.search.setObjectName("message_search")
        self.search.setPlaceholderText(translate("messages", "Patient, number or address…"))
        self.search.setAccessibleName(translate("messages", "Find messages of a patient"))
        self.search.setToolTip(translate("messages", "Find messages by name, number or e-mail address (Ctrl+F)"))
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(280)
        self.search.left.connect(self.left)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.changed)
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self._lay_out()
        self._name_states()
        self.show_counts(Counts())

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(6)
        row = self._row = QHBoxLayout()
        row.setSpacing(10)
        self._below = QHBoxLayout()
        rows.addLayout(row)
        rows.addLayout(self._below)
        title = plain_label(translate("messages", "Messages"), "title")
        row.addWidget(title)
        self._strip = QWidget()
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.setSpacing(0)
        names = (Filter.ATTENTION, Filter.DUE, Filter.SENT_TODAY, Filter.ALL, REPLIES)
        for name in names:
            strip.addWidget(self._segment(name, first=name == names[0], last=name == names[-1]))
        row.addWidget(self._strip)
        row.addWidget(self.states)
        row.addWidget(self.search, 1)
        row.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The buttons get a row of their own where one is too narrow for all: cut words say nothing."""
        super().resizeEvent(event)
        needed = self._row.minimumSize().width()
        if self._below.count():
            needed += self._strip.minimumSizeHint().width() + self._row.spacing()
        is_narrow = event.size().width() < needed
        if is_narrow and not self._below.count():
            self._row.removeWidget(self._strip)
            self._below.addWidget(self._strip)
            self._below.addStretch(1)
        elif not is_narrow and self._below.count():
            self._below.removeWidget(self._strip)
            self._below.takeAt(0)  # the stretch
            self._row.insertWidget(1, self._strip)

    def _segment(self, name: str, *, first: bool, last: bool) -> QPushButton:
        button = QPushButton()
        button.setObjectName(f"filter_{name.replace('-', '_')}")
        button.setCheckable(True)
        button.setChecked(name == self.chosen)
        button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        left, right = ("5px" if first else "0"), ("5px" if last else "0")
        button.setStyleSheet(
            f"QPushButton {{ border-top-left-radius: {left}; border-bottom-left-radius: {left};"
            f" border-top-right-radius: {right}; border-bottom-right-radius: {right};"
            + ("" if last else " border-right: 0;")
            + " }"
        )
        button.clicked.connect(lambda _checked: self.choose(name))
        self._group.addButton(button)
        self.buttons[name] = button
        return button

    def _name_states(self) -> None:
        rows = (
            (translate("messages", "any state"), ""),
            (translate("messages", "waiting, also later"), Filter.LATER),
            (translate("messages", "being sent"), Filter.SENDING),
            (translate("messages", "not known"), Filter.UNKNOWN),
            (translate("messages", "sent"), Filter.SENT),
            (translate("messages", "delivered"), Filter.DELIVERED),
            (translate("messages", "failed"), Filter.FAILED),
            (translate("messages", "expired"), Filter.EXPIRED),
            (translate("messages", "cancelled"), Filter.CANCELLED),
        )
        self.states.fill(rows, "")

    def _choose_state(self) -> None:
        self.choose(self.states.value or Filter.ALL)

    def choose(self, name: str) -> None:
        """Choose a filter, by its value or REPLIES."""
        is_new = name != self.chosen
        self.chosen = name
        button = self.buttons.get(name)
        self._group.setExclusive(False)
        for each in self.buttons.values():
            each.setChecked(each is button)
        self._group.setExclusive(True)
        self.states.choose("" if button is not None else name)
        if is_new:
            self.changed.emit()

    def show_counts(self, counts: Counts) -> None:
        """Write the numbers on the buttons."""
        texts = {
            Filter.ATTENTION: translate("messages", "Need attention {count}").format(count=counts.attention),
            Filter.DUE: translate("messages", "Due {count}").format(count=counts.due),
            Filter.SENT_TODAY: translate("messages", "Sent today {count}").format(count=counts.sent_today),
            Filter.ALL: translate("messages", "All"),
            REPLIES: translate("messages", "Replies {count}").format(count=counts.replies),
        }
        for name, text in texts.items():
            set_button_text(self.buttons[name], text)
            self.buttons[name].setAccessibleName(text)
