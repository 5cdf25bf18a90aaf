"""Opens the manual's window for a main window: at the page about the part that has the keyboard."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from clinic_desk.ui.actions import SPECS
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.manual.pages import filled, text_of
from clinic_desk.ui.manual.places import page_about
from clinic_desk.ui.manual.window import ManualWindow
from clinic_desk.ui.shell.key_groups import key_groups
from clinic_desk.ui.window_place import FRAME, keep_place, place_left, place_window

_PLACE = "manual"


def open_manual(window: MainWindow, page: str = "") -> ManualWindow:
    """Show a page, or the one about where the keyboard is; in the window that is open already, if there is one."""
    wanted = page or page_about(QApplication.focusWidget() or window.focusWidget())
    manual = window.findChild(ManualWindow)
    if not isinstance(manual, ManualWindow):
        manual = ManualWindow(lambda name: _filled(window, name), window)
        if not (left := place_left(window.preferences, _PLACE)).isEmpty():
            place_window(manual, left)
        else:
            room = window.screen().availableGeometry().marginsRemoved(FRAME)
            manual.resize(manual.size().boundedTo(room.size()))
        made = manual
        made.closed.connect(lambda: _closed(window, made))
    manual.show()
    manual.show_page(wanted)
    manual.activateWindow()
    manual.page.setFocus()
    return manual


def _closed(window: MainWindow, manual: ManualWindow) -> None:
    keep_place(window.preferences, _PLACE, manual.saveGeometry())
    manual.setParent(None)
    manual.deleteLater()


def _filled(window: MainWindow, name: str) -> str:
    """A page with the words and the keys that the commands have here now."""
    actions = window.actions_by_name
    called = {spec.name: (actions[spec.name].text(), actions.keys(spec.name)) for spec in SPECS}
    return filled(text_of(name), called, key_groups(actions, window.menu))
