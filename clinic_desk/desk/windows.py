"""Makes what a person works with: a window with its parts, and the workspace that brings it to life.

Nothing here is imported before it is wanted: a window is on screen before it has parts.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from clinic_desk.opening.opened import Opened
    from clinic_desk.ui.main_window import MainWindow
    from clinic_desk.ui.tasks import Tasks
    from clinic_desk.ui.workspace import Workspace

log = logging.getLogger(__name__)


def furnish(window: MainWindow, lock: Callable[[], None], change_user: Callable[[], None]) -> None:
    """Make the window's parts, with the actions that are the desk's; doing it again does nothing."""
    if window.is_furnished:
        return
    window.furnish()
    actions = window.actions_by_name
    actions["quit"].triggered.connect(window.close)
    actions["manual"].triggered.connect(lambda _checked: _open_manual(window))
    actions["lock"].triggered.connect(lambda _checked: lock())
    actions["change_user"].triggered.connect(lambda _checked: change_user())


def workspace_of(window: MainWindow, opened: Opened, tasks: Tasks, parent: QObject) -> Workspace:
    """Return what brings a furnished window to life with an opened clinic; it is not started."""
    from clinic_desk.ui.workspace import Opening, Workspace

    opening = Opening(
        opened.database,
        opened.clinic,
        opened.desk_no,
        opened.person,
        opened.is_demo,
        before_connect=opened.revive,
        is_automatic=opened.is_automatic,
        settings=opened.settings,
        read_sealed=opened.read_sealed,
        backup_source=opened.backup_source,
        is_embedded=opened.server is not None,
        messages_to=opened.settings.messages_to if opened.settings is not None else None,
    )
    if opened.weak_connection:
        log.warning("the connection to the database is not secure: %s", opened.weak_connection)
        window.status_bar.warn_of_weak_connection(opened.weak_connection)
    return Workspace(window, opening, tasks, parent)


def apply_theme(window: MainWindow) -> None:
    """Give the program the colours that its user chose, or the system's."""
    from clinic_desk.ui.theme import apply_style

    app, scheme = QCoreApplication.instance(), window.preferences.scheme()
    if isinstance(app, QApplication):
        apply_style(app, dark=None if scheme == "system" else scheme == "dark")


def show_icon() -> None:
    """Give the windows the program's picture, for the task bar; it is read when the calendar is on screen."""
    from PySide6.QtGui import QIcon, QPixmap

    from clinic_desk.resources import resource

    picture = QPixmap()
    picture.loadFromData(resource("icons/clinic-desk.png").read_bytes())
    QApplication.setWindowIcon(QIcon(picture))


def _open_manual(window: MainWindow) -> None:
    """Also when there is no calendar: that is when somebody needs it."""
    from clinic_desk.ui.manual.opener import open_manual

    open_manual(window)
