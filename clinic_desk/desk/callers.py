"""What other programs of this user bring to a desk: numbers of callers, and the wish to see its window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QWidget

    from clinic_desk.ui.calls import Calls
    from clinic_desk.ui.workspace import Workspace


class Callers:
    """Of one desk, until `close`. A number is kept until somebody may see whose it is; the last one counts."""

    def __init__(self, front: Callable[[], QWidget], can_show: Callable[[], Workspace | None], parent: QObject) -> None:
        """`front` returns the window that is seen; `can_show`: where a patient can be shown now, None: nowhere yet, or
        the desk is locked.
        """
        self._parent = parent
        self._front = front
        self._can_show = can_show
        self._is_closed = False
        self._number = ""
        """Of the last one who called while nobody could see it."""
        self.calls: Calls | None = None

    def hear(self, opened: str) -> None:
        """From now on take the numbers that other programs of this user bring for what is `opened`.

        Asked again, another one is listened for if that changed: this PC joined a clinic, or its clinic has moved.
        """
        if self._is_closed or (self.calls is not None and self.calls.opened == opened):
            return
        from clinic_desk.ui.calls import Calls

        if self.calls is not None:
            self.calls.close()
            self.calls.deleteLater()
        self.calls = Calls(opened, self._parent)
        self.calls.called.connect(self.find)
        self.calls.show_wanted.connect(self._show)

    def find(self, number: str) -> None:
        """Open the patient who calls: now, or when `find_kept` is called."""
        space = self._can_show()
        self._number = "" if space is not None else number
        if space is not None:
            space.finder.find_phone(number)

    def find_kept(self) -> None:
        """There is a calendar, and somebody who may see it."""
        if self._number:
            self.find(self._number)

    def _show(self, token: str) -> None:
        """The program was started a second time, with this token of the window system's, or none."""
        from clinic_desk.ui.desktop.one_desk import take_token
        from clinic_desk.ui.search.attention import bring_to_front

        take_token(token)
        bring_to_front(self._front())

    def close(self) -> None:
        """Hear nothing more."""
        self._is_closed = True
        if self.calls is not None:
            self.calls.close()
