"""The line at the bottom: connection, desks, messages, who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QStatusBar, QWidget

from clinic_desk.ui.freshness import Connection, Freshness
from clinic_desk.ui.shell.day_words import age_text
from clinic_desk.ui.shell.heading import Heading
from clinic_desk.ui.theme import theme_of

_WAITING_AFTER_MS = 1_000


@dataclass(frozen=True, slots=True)
class Light:
    """What the dot says; the text beside it says the same in words."""

    state: str
    text: str


class Dot(QWidget):
    """A small lamp: full when connected, a ring when not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = "idle"
        self.setFixedSize(12, 12)

    def set_state(self, state: str) -> None:
        """Show `ok`, `warning`, `danger` or `idle`."""
        if state != self.state:
            self.state = state
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the lamp."""
        theme = theme_of(self.palette())
        colour = {"ok": theme.ok, "warning": theme.warning, "danger": theme.danger}.get(self.state, theme.ink_muted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour)
        painter.setBrush(colour if self.state in {"ok", "warning"} else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(2, 2, 8, 8)


class StatusBar(QStatusBar):
    """Each part is a plain text; the connection's is renewed every second, the messages' can be pressed."""

    messages_opened = Signal(str)
    """Somebody wants to see messages: due, attention, replies, or "" for the page as it was."""
    parked_opened = Signal()
    """Somebody wants to see what is parked."""
    backups_opened = Signal()
    """Somebody wants to see how backups stand."""
    paper_opened = Signal()
    """Somebody wants to see why the day lists were not written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._freshness: Freshness | None = None
        self._waiting = False
        self.setSizeGripEnabled(False)
        self.setObjectName("status_bar")
        self._dot = Dot()
        self.connection = self._part("connection_state")
        self.insecure = self._button("connection_insecure", self.tr("What this means, and who can mend it"), "danger")
        self.desks = self._part("desks_online", Heading())
        self.parked = self._button(
            "parked_count", self.tr("Show what is off the calendar and not put back (F7)"), "warning"
        )
        self.parked.clicked.connect(lambda _checked: self.parked_opened.emit())
        self.paper = self._button("paper_trouble", "", "danger")
        self.paper.clicked.connect(lambda _checked: self.paper_opened.emit())
        self.backups = self._button("backups_state", self.tr("Show the backups"), "plain")
        self.backups.clicked.connect(lambda _checked: self.backups_opened.emit())
        self.messages = self._link("messages_state", "due")
        self.attention = self._link("messages_attention", "attention", role="danger")
        self.replies = self._link("messages_unread", "replies", role="warning")
        self.trouble = self._link("messages_trouble", "", role="danger")
        self.sending = self._part("messages_sending", Heading())
        self.person = self._part("signed_in")
        self.person.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row()
        self._timer = QTimer(self, interval=1_000)
        self._timer.timeout.connect(self.renew)
        self._waiting_timer = QTimer(self, singleShot=True, interval=_WAITING_AFTER_MS)
        self._waiting_timer.timeout.connect(self._tell_waiting)
        self._show(Light("idle", self.tr("Starting…")))

    def _part(self, name: str, label: QLabel | None = None) -> QLabel:
        """Make a label; a screen reader reads its text, which says what it is about. A Heading gives way to others."""
        label = label or QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setObjectName(name)
        label.setProperty("role", "")
        return label

    def _link(self, name: str, opens: str, role: str = "") -> QPushButton:
        link = self._button(name, self.tr("Show these messages"), role or "plain")
        link.clicked.connect(lambda _checked: self.messages_opened.emit(opens))
        return link

    def _button(self, name: str, tip: str, role: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(name)
        button.setProperty("kind", "link")
        button.setProperty("role", role)
        button.setToolTip(tip)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.hide()
        return button

    def _row(self) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(12, 3, 12, 3)
        layout.setSpacing(6)
        layout.addWidget(self._dot)
        layout.addWidget(self.connection)
        layout.addWidget(self.insecure)
        layout.addSpacing(16)
        layout.addWidget(self.desks)
        layout.addSpacing(16)
        for part in (self.parked, self.paper, self.messages, self.attention, self.replies, self.trouble, self.sending):
            layout.addWidget(part)
        layout.addStretch(1)
        layout.addWidget(self.backups)
        layout.addWidget(self.person)
        for label in (self.desks, self.person):
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.addWidget(row, 1)

    def follow(self, freshness: Freshness) -> None:
        """Show how fresh the screen is from now on."""
        self._freshness = freshness
        self._timer.start()
        self.renew()

    def show_step(self, text: str) -> None:
        """Say what is being done before there is a connection."""
        self._show(Light("warning", text))

    def warn_of_weak_connection(self, weak: str) -> None:
        """Say for as long as the window is there that the way to the database is not protected; "" says nothing."""
        _tell(self.insecure, self.tr("Connection not secure") if weak else "")
        if weak:
            self.insecure.clicked.connect(lambda _checked: self._explain(weak))

    def _explain(self, weak: str) -> None:
        from clinic_desk.ui.shell.weak_connection import WeakConnectionSheet

        WeakConnectionSheet(self, weak).open()

    def set_commands(self, count: int) -> None:
        """Take note of how many commands are unfinished; after a second of waiting it is said."""
        if count == 0:
            self._waiting_timer.stop()
            self._waiting = False
            self.renew()
        elif not self._waiting and not self._waiting_timer.isActive():
            self._waiting_timer.start()

    def set_desks(self, own: str, others: Sequence[str]) -> None:
        """Name the desks that are online."""
        names = ", ".join([self.tr("{desk} (you)").format(desk=own), *others])
        self.desks.setText(self.tr("Desks: {names}").format(names=names))

    def set_messages(
        self,
        due: int,
        attention: int,
        replies: int = 0,
        *,
        stopped: Sequence[str] = (),
        unsent: Sequence[str] = (),
    ) -> None:
        """Say how many messages are due today, how many need somebody, which channels are stopped; what no PC sends."""
        _tell(self.messages, self.tr("Messages: {due} due").format(due=due))
        _tell(self.attention, self.tr("{count} need attention").format(count=attention) if attention else "")
        _tell(self.replies, self.tr("Replies: {count}").format(count=replies) if replies else "")
        trouble = self.tr("{channels} stopped").format(channels=", ".join(stopped)) if stopped else ""
        if unsent:
            trouble = self.tr("No PC sends {channels}").format(channels=", ".join(unsent))
        _tell(self.trouble, trouble)

    def set_parked(self, count: int) -> None:
        """Say how many appointments are parked; nothing if none is."""
        _tell(self.parked, self.tr("Parked: {count}").format(count=count) if count else "")

    def set_backups(self, text: str, role: str) -> None:
        """Say of when the last good backup is, or that there is none; "" says nothing."""
        _tell(self.backups, text)
        self.backups.setProperty("role", role or "plain")
        self.backups.style().unpolish(self.backups)
        self.backups.style().polish(self.backups)

    def set_paper(self, trouble: str) -> None:
        """Say that the day lists were not written, and in the tool tip why; "" says nothing."""
        _tell(self.paper, self.tr("Day lists not written") if trouble else "")
        self.paper.setToolTip(trouble)
        self.paper.setAccessibleDescription(trouble)

    def set_sending(self, text: str, *, trouble: bool) -> None:
        """Say who sends the messages: this desk, another one, or nobody (then it is trouble)."""
        self.sending.setText(text)
        self.sending.setProperty("role", "danger" if trouble else "muted")
        self.sending.style().unpolish(self.sending)
        self.sending.style().polish(self.sending)

    def set_person(self, name: str, group: str, *, is_demo: bool) -> None:
        """Say who is signed in, and whether this is the demo clinic."""
        text = self.tr("Signed in: {name} · {group}").format(name=name, group=group)
        self.person.setText(f"{text}  |  {self.tr('Demo clinic')}" if is_demo else text)

    def renew(self) -> None:
        """Write the connection's part anew."""
        if self._freshness is not None:
            self._show(self._light(self._freshness))

    def _tell_waiting(self) -> None:
        self._waiting = True
        self.renew()

    def _light(self, freshness: Freshness) -> Light:
        if freshness.connection is Connection.LOST:
            text = self.tr("No connection · what you see is {age} old").format(age=age_text(freshness.age()))
            return Light("danger", text)
        if self._waiting:
            return Light("warning", self.tr("Waiting for the database…"))
        since = freshness.since_change()
        if since is None:
            return Light("ok", self.tr("Connected · live"))
        return Light("ok", self.tr("Connected · live (last change {age} ago)").format(age=age_text(since)))

    def _show(self, light: Light) -> None:
        self._dot.set_state(light.state)
        self.connection.setText(light.text)


def _tell(link: QPushButton, text: str) -> None:
    link.setText(text)
    link.setAccessibleName(text)
    link.setVisible(bool(text))
