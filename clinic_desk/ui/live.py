"""Brings what the listener's thread hears to the GUI thread, as signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desk.database.listener import Listener, ListenerState, ListenerStateKind
from clinic_desk.domain.changes import Change

if TYPE_CHECKING:
    from sqlalchemy import URL


class Live(QObject):
    """Owns the listener from `start` to `stop`; every signal comes on the GUI thread."""

    changes_heard = Signal(object)
    """Tuple of Change, in the order of their commits."""
    connected = Signal()
    """Changes are heard from now on; what was before may have been missed."""
    lost = Signal()
    """Changes are not heard; it is tried again by itself."""

    _heard = Signal(object)
    _state_told = Signal(object)

    def __init__(
        self,
        url: URL,
        desk_no: int,
        *,
        before_connect: Callable[[], URL | None] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        # emitted on the listener's thread, received here
        self._heard.connect(self._pass_changes, Qt.ConnectionType.QueuedConnection)
        self._state_told.connect(self._pass_state, Qt.ConnectionType.QueuedConnection)
        self._stopped = False
        self._listener = Listener(url, desk_no, self._heard.emit, self._state_told.emit, before_connect=before_connect)

    def start(self) -> None:
        """Begin to listen; once only."""
        self._listener.start()

    def check_now(self) -> None:
        """Try again at once, or ask for a sign of life."""
        self._listener.check_now()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Stop listening; nothing is signalled afterwards. False if the thread did not end in time."""
        self._stopped = True
        return self._listener.stop(timeout_s)

    def _pass_changes(self, changes: tuple[Change, ...]) -> None:
        if not self._stopped:
            self.changes_heard.emit(changes)

    def _pass_state(self, state: ListenerState) -> None:
        if self._stopped:
            return
        if state.kind is ListenerStateKind.CONNECTED:
            self.connected.emit()
        else:
            self.lost.emit()
