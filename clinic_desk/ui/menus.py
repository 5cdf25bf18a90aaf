"""The main menu with everything in it, and the menus of a right click on the calendar."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QWidget

from clinic_desk.ui.actions import Actions

translate = QCoreApplication.translate
_ENTRY = (
    *(
        "open",
        "patient",
        "",
        "arrived",
        "in_room",
        "in_room_choose",
        "done",
        "noshow",
        "step_back",
        "",
        "move",
        "next_free",
        "park",
        "cancel",
        "reinstate",
        "",
    ),
    *(
        "follow_up",
        "card",
        "entry_history",
        "repeat",
        "series_move",
        "series_cancel",
        "waiting_add",
        "waiting_here",
        "",
        "error",
    ),
)
_HOUSE = ("house", "house_window", "noshows", "", "waiting", "", "parked", "put_back")
_VIEW = (
    *("day", "week", "days", "list", "filter", "past", "", "doctors", "rooms", "all_columns", ""),
    *("zoom_in", "zoom_out", "zoom_reset", "", "left_side", "right_side", "full_screen", "reload", ""),
)
_DAYS = (*(f"days_{count}" for count in range(2, 8)), "", "pace_day", "pace_workday", "pace_week")
_LISTS = ("print", "automatic_lists", "save_list", "", "import_file", "export_file")
_CLINIC = (
    *("setup", "message_settings", "", "recheck", "doubles", "", "figures", "history", ""),
    *("backups", "pair"),
)


def main_menu(parent: QWidget, actions: Actions) -> QMenu:
    """Return the menu of the ☰ button."""
    menu = QMenu(parent)
    menu.setObjectName("main_menu")
    _fill(menu, actions, "new", "walk_in", "undo", "redo", "")
    _sub(menu, actions, translate("Menus", "Appointment"), *_ENTRY)
    _sub(menu, actions, translate("Menus", "House and waiting"), *_HOUSE)
    _fill(menu, actions, "away", "messages", "")
    _sub(
        menu,
        actions,
        translate("Menus", "Go to"),
        *("today", "back", "forward", "back_one", "forward_one", "", "go_to_date", "find"),
    )
    view = _sub(menu, actions, translate("Menus", "View"), *_VIEW)
    _sub(view, actions, translate("Menus", "Days side by side"), *_DAYS)
    views = [f"view_{number}" for number in range(1, 10)]
    _sub(menu, actions, translate("Menus", "Saved views"), *views, "", "saved_views")
    menu.addSeparator()
    _sub(menu, actions, translate("Menus", "Lists and files"), *_LISTS)
    _sub(menu, actions, translate("Menus", "The clinic"), *_CLINIC)
    menu.addSeparator()
    _sub(menu, actions, translate("Menus", "When an appointment is moved"), "tell_always", "tell_ask", "tell_never")
    _sub(menu, actions, translate("Menus", "Colours"), "scheme_system", "scheme_light", "scheme_dark")
    _sub(menu, actions, translate("Menus", "Lock when nobody was here for"), "lock_0", "lock_5", "lock_2")
    _sub(menu, actions, translate("Menus", "This PC"), "autostart", "notifications")
    _sub(menu, actions, translate("Menus", "Help"), "manual", "shortcuts", "", "support", "about")
    _fill(menu, actions, "", "own_password", "change_user", "lock", "quit")
    return menu


def entry_menu(parent: QWidget, actions: Actions) -> QMenu:
    """Return the menu of an appointment: what can be done with it now; what cannot is grey and says why by being so."""
    menu = QMenu(parent)
    menu.setObjectName("entry_menu")
    _fill(menu, actions, *_ENTRY)
    return menu


def place_menu(parent: QWidget, actions: Actions) -> QMenu:
    """Return the menu of a free place."""
    menu = QMenu(parent)
    menu.setObjectName("place_menu")
    _fill(
        menu,
        actions,
        "new",
        "walk_in",
        "waiting_here",
        "waiting_add",
        "",
        "week",
        "days",
        "day",
        "today",
        "",
        "zoom_in",
        "zoom_out",
    )
    return menu


def _sub(menu: QMenu, actions: Actions, title: str, *names: str) -> QMenu:
    made = menu.addMenu(title)
    _fill(made, actions, *names)
    return made


def _fill(menu: QMenu, actions: Actions, *names: str) -> None:
    menu.setToolTipsVisible(True)
    for name in names:
        if name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()
