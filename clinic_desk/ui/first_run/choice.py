"""The first page of the first start: what this PC is to work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import plain_label
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.theme import bold

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on. `name`: of its page; what is said of it stands below its title."""

    name: str
    title: str
    text: str


def choices_elsewhere() -> tuple[Choice, ...]:
    """Return the ways to a clinic that is not on this PC."""
    return tuple(each for each in choices() if each.name in {"join", "server"})


def choices() -> tuple[Choice, ...]:
    """Return all ways, in their order."""
    return (
        Choice(
            "demo",
            translate("first_run", "Try it with a made-up clinic"),
            translate("first_run", "Doctors, patients and a full day to play with. The next start asks again."),
        ),
        Choice(
            "one_pc",
            translate("first_run", "Use it on this PC only"),
            translate("first_run", "A database of the clinic's own is made here; nothing else is needed."),
        ),
        Choice(
            "share",
            translate("first_run", "Share a clinic from this PC"),
            translate("first_run", "Other PCs join it and work with the data that is kept here, encrypted on the way."),
        ),
        Choice(
            "join",
            translate("first_run", "Join with a pairing text"),
            translate(
                "first_run", "Another PC shares the clinic: a text of a few lines from there is all that is needed."
            ),
        ),
        Choice(
            "server",
            translate("first_run", "Connect to the clinic's server"),
            translate(
                "first_run", "A PostgreSQL server has the clinic: somebody looks after it and knows its address."
            ),
        ),
        Choice(
            "restore",
            translate("first_run", "Restore a clinic from a backup"),
            translate("first_run", "The PC that had it is broken or replaced: everything comes back from the backup."),
        ),
    )


def _words(*, anew: bool) -> tuple[str, str]:
    """The page's title, and what it says below."""
    if anew:
        return (
            translate("first_run", "Work with another server"),
            translate(
                "first_run", "Nothing is deleted: this PC's connection stays until the new one was tried and works."
            ),
        )
    return (
        translate("first_run", "Welcome to Clinic Desk"),
        translate("first_run", "Nothing is set up on this PC yet. What is it to work with?"),
    )


class ChoicePage(Card):
    """A button for each way, by click, Enter or number. `anew`: this PC works with a clinic, and can go on with it."""

    chosen = Signal(str)

    def __init__(self, rows: Sequence[Choice], parent: QWidget | None = None, *, anew: bool = False) -> None:
        title, text = _words(anew=anew)
        super().__init__("first_choice", title, text, "", parent)
        self.has_way_back = anew
        self.go_back.setVisible(anew)
        self.column.setSpacing(8)
        self.rows = [_ChoiceRow(number, row, self._choose) for number, row in enumerate(rows, start=1)]
        for row in self.rows:
            self.column.addWidget(row)

    def _choose(self, name: str) -> None:
        if not self.is_busy:
            self.chosen.emit(name)

    def take_keyboard(self) -> None:
        """The first way has the keyboard."""
        self.rows[0].setFocus(Qt.FocusReason.OtherFocusReason)


class _ChoiceRow(QPushButton):
    """A title in bold, and below it in a few words what comes of it."""

    def __init__(self, number: int, choice: Choice, pressed: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName(f"first_{choice.name}")
        self.setProperty("kind", "choice")
        self.setAutoDefault(True)
        self.setAccessibleName(choice.title)
        self.setAccessibleDescription(choice.text)
        self.setShortcut(QKeySequence(str(number)))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        digit = plain_label(str(number), "key")
        title, text = plain_label(choice.title), plain_label(choice.text, "muted", wrap=True)
        title.setFont(bold(title.font()))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        row.setSpacing(12)
        row.addWidget(digit, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        for label in (digit, title, text):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(lambda _checked: pressed(choice.name))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout is not None else super().heightForWidth(width)

    def sizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(max(self.width(), 320)))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 200)))
