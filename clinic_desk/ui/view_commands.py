"""Wires the actions that change what is seen: day, columns, grid, colours, window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desk.ui.columns import headings
from clinic_desk.ui.preferences import PACES, Scheme
from clinic_desk.ui.theme import apply_style

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace


class ViewCommands(QObject):
    """Nothing here writes to the database."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._space = workspace
        self._window = workspace.window
        self._actions = workspace.window.actions_by_name
        self._wire()
        workspace.navigator.view_changed.connect(self._show_view)
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._scheme_changed)
        for name, side in (("left_side", self._window.sidebar), ("right_side", self._window.side_panel)):
            self._actions[name].toggled.connect(partial(self._show_side, name, side))
            shown = self._window.preferences.is_shown(name)
            self._actions[name].setChecked(shown)
            side.setVisible(shown)
        self._actions[f"scheme_{self._window.preferences.scheme()}"].setChecked(True)
        self.apply_scheme()
        for part in (self._window.body, self._window.status_bar):
            part.installEventFilter(self)
        self._window.toasts.worked_on = self._worked_on
        for moved in (self._window.calendar.place_changed, self._window.calendar.entry_selected):
            moved.connect(lambda _where: self._window.toasts.make_way())
        self._show_key_of_find()
        self._actions["find"].changed.connect(self._show_key_of_find)

    def _wire(self) -> None:
        navigator, finder = self._space.navigator, self._space.finder
        for name, act in {
            "today": navigator.go_to_now,
            "back": partial(navigator.step, -1),
            "forward": partial(navigator.step, 1),
            "back_one": partial(navigator.step_one, -1),
            "forward_one": partial(navigator.step_one, 1),
            "day": navigator.show_day,
            "week": navigator.show_week,
            "days": navigator.show_days,
            "list": navigator.show_list,
            **{f"days_{count}": partial(navigator.show_days, count) for count in range(2, 8)},
            **{f"pace_{pace}": partial(navigator.show_days, pace=pace) for pace in PACES},
            "doctors": partial(navigator.show_kind, "practitioner"),
            "rooms": partial(navigator.show_kind, "room"),
            "all_columns": self._show_all_columns,
            "zoom_in": partial(navigator.zoom, -1),
            "zoom_out": partial(navigator.zoom, 1),
            "zoom_reset": partial(navigator.set_step, 15),
            "find": finder.start(),
            "go_to_date": finder.start(dates_only=True),
            "reload": self._space.store.reload,
            "full_screen": self._toggle_full_screen,
            "menu": self._window.top_bar.open_menu,
            "shortcuts": self._show_shortcuts,
            "support": self._open_support,
            "about": self._show_about,
            "pair": self._show_pairing,
            "scheme_system": partial(self._set_scheme, "system"),
            "scheme_light": partial(self._set_scheme, "light"),
            "scheme_dark": partial(self._set_scheme, "dark"),
        }.items():
            self._actions[name].triggered.connect(lambda _checked=False, act=act: act())
        self._window.top_bar.find_box.left.connect(self._window.focus_calendar)
        finder.booking_wanted.connect(self._space.booking.start_anywhere)
        finder.new_patient_wanted.connect(self._space.booking.start_for_new)

    def _show_key_of_find(self) -> None:
        self._window.top_bar.find_box.set_keys(_keys(self._actions["find"].shortcut()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc that nothing else wanted leads back to the calendar; from there to a form that lies over it."""
        board = self._window.board
        is_esc = (
            isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        )
        if is_esc and board.isVisible():
            self._window.focus_calendar()
            return True
        return super().eventFilter(watched, event)

    def _show_view(self) -> None:
        """Say everywhere what the calendar shows."""
        view, store = self._space.navigator.view, self._space.store
        self._window.top_bar.title.setText(*headings(view, store.clinic))
        self._actions["list" if view.as_list else view.span].setChecked(True)
        self._actions[f"days_{view.count}"].setChecked(True)
        self._actions[f"pace_{view.pace}"].setChecked(True)
        self._actions["doctors" if view.kind == "practitioner" else "rooms"].setChecked(True)

    def _worked_on(self) -> QRect:
        """Where the cursor is on the screen: of the calendar, or of the list in its place."""
        calendar = self._window.calendar
        if self._window.board is not calendar:
            return self._space.day_list().page.worked_on()
        return calendar.cursor_rect() if calendar.isVisible() else QRect()

    def _show_side(self, name: str, side: QWidget, shown: bool) -> None:
        side.setVisible(shown)
        self._window.preferences.set_shown(name, shown)

    def _show_all_columns(self) -> None:
        self._space.sides.resources.show_all()

    def _toggle_full_screen(self) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _show_shortcuts(self) -> None:
        from clinic_desk.ui.shell.shortcuts import ShortcutsSheet

        ShortcutsSheet(self._actions, self._window.menu, self._window).open()

    def _show_about(self) -> None:
        from clinic_desk.services import health
        from clinic_desk.ui.shell.about import AboutSheet

        database, sheet = self._space.desk.database, AboutSheet(self._window)
        sheet.open()
        self._space.desk.tasks.query(
            sheet, lambda: health.check(database), sheet.show_database, lambda _error: sheet.show_database(None)
        )

    def _show_pairing(self) -> None:
        from clinic_desk.ui.first_run.pairing import show_pcs

        show_pcs(self._space)

    def _open_support(self) -> None:
        from clinic_desk.ui.support import open_support

        open_support(self._space)

    # --- colours ---

    def _set_scheme(self, scheme: Scheme) -> None:
        self._window.preferences.set_scheme(scheme)
        self.apply_scheme()

    def _scheme_changed(self) -> None:
        if self._window.preferences.scheme() == "system" and not self._space.is_asleep:
            self.apply_scheme()

    def apply_scheme(self) -> None:
        """Have the program look as this person chose."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            scheme = self._window.preferences.scheme()
            hints = app.styleHints()
            if scheme == "system":
                hints.unsetColorScheme()
            else:  # what Qt itself paints (a title bar, a file dialog) goes along
                hints.setColorScheme(Qt.ColorScheme.Dark if scheme == "dark" else Qt.ColorScheme.Light)
            apply_style(app, dark=None if scheme == "system" else scheme == "dark")


def _keys(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
