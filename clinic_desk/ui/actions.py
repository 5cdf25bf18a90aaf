"""Every command of the main window as a QAction: its words, its keys, and when it can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import AppointmentStatus as Status
from clinic_desk.ui.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Spec:
    """One command. `keys`: Qt's portable form. `on_calendar`: its key works on the calendar only (single letters).

    `writes`: off while the database is gone or the person may only read. `from_status`: what the chosen appointment
    must be; empty: no appointment needed.
    """

    name: str
    keys: str = ""
    on_calendar: bool = False
    writes: bool = False
    from_status: frozenset[Status] = frozenset()
    group: str = ""
    toggles: bool = False


_OPEN = frozenset({Status.BOOKED, Status.ARRIVED, Status.CHECKED_IN})
_ANY = frozenset(Status)
SPECS: Final = (
    Spec("new", "N", on_calendar=True, writes=True),
    Spec("walk_in", "I", on_calendar=True, writes=True),
    Spec("open", "Ctrl+O", from_status=_ANY),
    Spec("patient", "Ctrl+I"),
    Spec(
        "arrived",
        "A",
        on_calendar=True,
        writes=True,
        from_status=frozenset({Status.BOOKED, Status.CHECKED_IN, Status.NOSHOW}),
    ),
    Spec(
        "in_room",
        "R",
        on_calendar=True,
        writes=True,
        from_status=frozenset({Status.BOOKED, Status.ARRIVED}),
    ),
    Spec(
        "done",
        "F",
        on_calendar=True,
        writes=True,
        from_status=_OPEN,
    ),
    Spec(
        "noshow",
        "X",
        on_calendar=True,
        writes=True,
        from_status=frozenset({Status.BOOKED, Status.ARRIVED}),
    ),
    Spec(
        "in_room_choose",
        "Shift+R",
        on_calendar=True,
        writes=True,
        from_status=frozenset({Status.BOOKED, Status.ARRIVED, Status.CHECKED_IN}),
    ),
    Spec(
        "step_back",
        "B",
        on_calendar=True,
        writes=True,
        from_status=frozenset({Status.ARRIVED, Status.CHECKED_IN, Status.FULFILLED, Status.NOSHOW}),
    ),
    Spec("move", "M", on_calendar=True, writes=True, from_status=_OPEN),
    Spec("next_free", "Shift+N", on_calendar=True, writes=True, from_status=frozenset({Status.BOOKED})),
    Spec("park", "P", on_calendar=True, writes=True, from_status=frozenset({Status.BOOKED})),
    Spec("put_back", "Ctrl+V", on_calendar=True, writes=True),
    Spec("cancel", "C", on_calendar=True, writes=True, from_status=_OPEN),
    Spec("follow_up", "Shift+F", on_calendar=True, writes=True, from_status=_ANY),
    Spec("repeat", "Ctrl+R", on_calendar=True, writes=True, from_status=frozenset({Status.BOOKED})),
    Spec("series_move", "Shift+M", on_calendar=True, writes=True, from_status=frozenset({Status.BOOKED})),
    Spec("series_cancel", "Shift+C", on_calendar=True, writes=True, from_status=frozenset({Status.BOOKED})),
    Spec(
        "reinstate",
        "U",
        on_calendar=True,
        writes=True,
        from_status=frozenset({Status.CANCELLED}),
    ),
    Spec(
        "error",
        "Shift+Del",
        on_calendar=True,
        writes=True,
        from_status=_ANY - {Status.ENTERED_IN_ERROR},
    ),
    Spec("undo", "Ctrl+Z", writes=True),
    Spec("redo", "Ctrl+Shift+Z", writes=True),
    Spec("today", "T", on_calendar=True),
    Spec("back", "Alt+Left"),
    Spec("forward", "Alt+Right"),
    Spec("back_one", "Alt+Shift+Left"),
    Spec("forward_one", "Alt+Shift+Right"),
    Spec("go_to_date", "Ctrl+G"),
    Spec("find", "Ctrl+K"),
    Spec("messages", "F6"),
    Spec("message_settings", "Shift+F6"),
    Spec("away", writes=True),
    Spec("parked", "F7"),
    Spec("house", "F4"),
    Spec("house_window", "Shift+F4", toggles=True),
    Spec("noshows", "Shift+X", on_calendar=True),
    Spec("waiting", "Shift+F7"),
    Spec("waiting_add", "L", on_calendar=True, writes=True),
    Spec("waiting_here", "Shift+L", on_calendar=True, writes=True),
    Spec("setup", "Ctrl+,"),
    Spec("pair"),
    Spec("backups", "Ctrl+Shift+B"),
    Spec("recheck", "Shift+F5"),
    Spec("past", "Ctrl+H"),
    Spec("history", "Ctrl+Shift+H"),
    Spec("entry_history", "Shift+H", on_calendar=True, from_status=_ANY),
    Spec("figures", "Ctrl+Shift+F"),
    Spec("doubles"),
    Spec("print", "Ctrl+P"),
    Spec("card", "Ctrl+Shift+P", from_status=_ANY),
    Spec("automatic_lists"),
    Spec("import_file"),
    Spec("export_file"),
    Spec("save_list", "Ctrl+Shift+S"),
    Spec("day", "D", on_calendar=True, group="span"),
    Spec("week", "W", on_calendar=True, group="span"),
    Spec("days", "S", on_calendar=True, group="span"),
    Spec("list", "Ctrl+3", group="span"),
    Spec("filter", "Ctrl+F", on_calendar=True),
    *(Spec(f"view_{number}", f"Alt+{number}", on_calendar=True) for number in range(1, 10)),
    Spec("saved_views", "Ctrl+Shift+V"),
    *(Spec(f"days_{count}", group="count") for count in range(2, 8)),
    Spec("pace_day", group="pace"),
    Spec("pace_workday", group="pace"),
    Spec("pace_week", group="pace"),
    Spec("doctors", "Ctrl+1", group="kind"),
    Spec("rooms", "Ctrl+2", group="kind"),
    Spec("all_columns", "Ctrl+Shift+A"),
    Spec("zoom_in", "Ctrl++"),
    Spec("zoom_out", "Ctrl+-"),
    Spec("zoom_reset", "Ctrl+0"),
    Spec("scheme_system", group="scheme"),
    Spec("scheme_light", group="scheme"),
    Spec("scheme_dark", group="scheme"),
    Spec("tell_always", group="tell"),
    Spec("tell_ask", group="tell"),
    Spec("tell_never", group="tell"),
    Spec("left_side", "F8", toggles=True),
    Spec("right_side", "F9", toggles=True),
    Spec("full_screen", "F11"),
    Spec("reload", "F5"),
    Spec("manual", "F1"),
    Spec("shortcuts", "Ctrl+F1"),
    Spec("support"),
    Spec("about"),
    Spec("menu", "F10"),
    Spec("lock_0", group="lock_after"),
    Spec("lock_5", group="lock_after"),
    Spec("lock_2", group="lock_after"),
    Spec("autostart", toggles=True),
    Spec("notifications", toggles=True),
    Spec("own_password"),
    Spec("lock", "Ctrl+L"),
    Spec("change_user", "Ctrl+Shift+L"),
    Spec("quit", "Ctrl+Q"),
)
_ALSO: Final = {"action_cancel": ("Del",), "action_park": ("Ctrl+X",)}
"""Second keys, which everybody has in the fingers."""
BY_NAME: Final = {spec.name: spec for spec in SPECS}


def texts() -> dict[str, str]:
    """Return what each action is called, in the user's language."""
    translate = QCoreApplication.translate
    return {
        "new": translate("Actions", "New appointment"),
        "walk_in": translate("Actions", "Walk-in: book who is here…"),
        "open": translate("Actions", "Open"),
        "patient": translate("Actions", "Patient…"),
        "arrived": translate("Actions", "Arrived"),
        "in_room": translate("Actions", "In room"),
        "done": translate("Actions", "Done"),
        "noshow": translate("Actions", "Did not come"),
        "in_room_choose": translate("Actions", "In which room…"),
        "step_back": translate("Actions", "One step back"),
        "move": translate("Actions", "Move"),
        "next_free": translate("Actions", "Next free time…"),
        "park": translate("Actions", "Park on the pinboard"),
        "put_back": translate("Actions", "Put back from the pinboard"),
        "cancel": translate("Actions", "Cancel…"),
        "follow_up": translate("Actions", "Follow-up…"),
        "repeat": translate("Actions", "Repeat…"),
        "series_move": translate("Actions", "Move series…"),
        "series_cancel": translate("Actions", "Cancel series…"),
        "reinstate": translate("Actions", "Take cancellation back"),
        "error": translate("Actions", "Entered in error…"),
        "undo": translate("Actions", "Undo"),
        "redo": translate("Actions", "Redo"),
        "today": translate("Actions", "Today"),
        "back": translate("Actions", "Back"),
        "forward": translate("Actions", "Forward"),
        "back_one": translate("Actions", "One day back"),
        "forward_one": translate("Actions", "One day forward"),
        "go_to_date": translate("Actions", "Go to date…"),
        "find": translate("Actions", "Find…"),
        "messages": translate("Actions", "Messages"),
        "message_settings": translate("Actions", "Settings of messages…"),
        "away": translate("Actions", "Doctor away…"),
        "parked": translate("Actions", "Parked appointments…"),
        "house": translate("Actions", "In the house now"),
        "house_window": translate("Actions", "In the house now: a window of its own"),
        "noshows": translate("Actions", "Who never arrived…"),
        "waiting": translate("Actions", "Waiting list…"),
        "waiting_add": translate("Actions", "Put on the waiting list…"),
        "waiting_here": translate("Actions", "Who waits for this time"),
        "setup": translate("Actions", "Set up the clinic…"),
        "pair": translate("Actions", "PCs of the clinic…"),
        "backups": translate("Actions", "Backups…"),
        "recheck": translate("Actions", "Check future appointments…"),
        "past": translate("Actions", "The day as it was…"),
        "history": translate("Actions", "All changes…"),
        "entry_history": translate("Actions", "What was changed…"),
        "figures": translate("Actions", "Figures…"),
        "doubles": translate("Actions", "Records that may be doubles…"),
        "print": translate("Actions", "Print…"),
        "card": translate("Actions", "Appointment card…"),
        "automatic_lists": translate("Actions", "Automatic day lists…"),
        "import_file": translate("Actions", "Import…"),
        "export_file": translate("Actions", "Export…"),
        "save_list": translate("Actions", "Save this list…"),
        "day": translate("Actions", "Day"),
        "week": translate("Actions", "Week"),
        "days": translate("Actions", "Days"),
        "list": translate("Actions", "List"),
        "filter": translate("Actions", "Filter the list"),
        **{f"view_{count}": translate("Actions", "Saved view {count}").format(count=count) for count in range(1, 10)},
        "saved_views": translate("Actions", "Saved views…"),
        **{f"days_{count}": translate("Actions", "{count} days").format(count=count) for count in range(2, 8)},
        "pace_day": translate("Actions", "Day after day"),
        "pace_workday": translate("Actions", "Monday to Friday only"),
        "pace_week": translate("Actions", "The same weekday of each week"),
        "doctors": translate("Actions", "Doctors"),
        "rooms": translate("Actions", "Rooms"),
        "all_columns": translate("Actions", "Show all columns"),
        "zoom_in": translate("Actions", "Finer grid"),
        "zoom_out": translate("Actions", "Coarser grid"),
        "zoom_reset": translate("Actions", "Grid of 15 minutes"),
        "scheme_system": translate("Actions", "Colours of the system"),
        "scheme_light": translate("Actions", "Light"),
        "scheme_dark": translate("Actions", "Dark"),
        "tell_always": translate("Actions", "Tell the patient"),
        "tell_ask": translate("Actions", "Ask each time"),
        "tell_never": translate("Actions", "Do not tell"),
        "left_side": translate("Actions", "Month and columns"),
        "right_side": translate("Actions", "Appointment and messages"),
        "full_screen": translate("Actions", "Full screen"),
        "reload": translate("Actions", "Read anew"),
        "manual": translate("Actions", "Manual"),
        "shortcuts": translate("Actions", "Keys…"),
        "support": translate("Actions", "Support bundle…"),
        "about": translate("Actions", "About Clinic Desk…"),
        "menu": translate("Actions", "Menu"),
        "lock_0": translate("Actions", "As long as the clinic has it"),
        "lock_5": translate("Actions", "5 minutes"),
        "lock_2": translate("Actions", "2 minutes"),
        "autostart": translate("Actions", "Start with the PC"),
        "notifications": translate("Actions", "Notifications outside the window"),
        "own_password": translate("Actions", "Change your password…"),
        "lock": translate("Actions", "Lock this desk"),
        "change_user": translate("Actions", "Change user…"),
        "quit": translate("Actions", "Quit"),
    }


class Actions(QObject):
    """The window's actions by name. Keys that work on the calendar only are set up by `add_to_calendar`."""

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._preferences = preferences
        self._groups: dict[str, QActionGroup] = {}
        self._why_not = ""
        words = texts()
        self._by_name = {spec.name: self._made(spec, words[spec.name]) for spec in SPECS}
        window.addActions([self[spec.name] for spec in SPECS if not spec.on_calendar])

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def _made(self, spec: Spec, words: str) -> QAction:
        action = QAction(words, self)
        action.setObjectName(f"action_{spec.name}")
        if spec.on_calendar:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setCheckable(spec.toggles)
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self))
            action.setCheckable(True)
            group.addAction(action)
        self._set_keys(action, self._preferences.shortcut(spec.name, spec.keys))
        return action

    def _set_keys(self, action: QAction, keys: str) -> None:
        sequence = QKeySequence(keys, QKeySequence.SequenceFormat.PortableText)
        extra = [QKeySequence(key) for key in _ALSO.get(action.objectName(), ())]
        action.setShortcuts([sequence, *extra] if keys else extra)
        shown = sequence.toString(QKeySequence.SequenceFormat.NativeText)
        words = f"{action.text()} ({shown})" if shown else action.text()
        writes = BY_NAME[action.objectName().removeprefix("action_")].writes
        action.setToolTip(f"{words}\n{self._why_not}" if self._why_not and writes else words)

    def add_to_calendar(self, *widgets: QWidget) -> None:
        """Make the single-letter keys work while one of `widgets` has the focus."""
        for widget in widgets:
            widget.addActions([self[spec.name] for spec in SPECS if spec.on_calendar])

    def set_keys(self, name: str, keys: str) -> None:
        """Give an action other keys, and remember them."""
        default = BY_NAME[name].keys
        self._preferences.set_shortcut(name, None if keys == default else keys)
        self._set_keys(self[name], keys)

    def rename(self, name: str, text: str, *, shown: bool) -> None:
        """Call an action otherwise; one that is not shown is in no menu, and its key does nothing."""
        action = self[name]
        action.setText(text or texts()[name])
        action.setVisible(shown)
        self._set_keys(action, self._preferences.shortcut(name, BY_NAME[name].keys))

    def keys(self, name: str) -> str:
        """Return the key of an action as it is written on this system."""
        return self[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def say_why_not(self, text: str) -> None:
        """Say in the tool tips of all that writes why it is off for good."""
        self._why_not = text
        for spec in SPECS:
            self._set_keys(self[spec.name], self._preferences.shortcut(spec.name, spec.keys))

    def set_state(self, *, may_write: bool, status: Status | None, in_series: bool = False) -> None:
        """Say whether writing is possible now, and the status of the chosen appointment (None: none is chosen).

        `in_series`: it is a date of a series.
        """
        for spec in SPECS:
            fits = not spec.from_status or (status is not None and status in spec.from_status)
            fits = fits and (in_series or not spec.name.startswith("series_"))
            fits = fits and not (in_series and spec.name == "repeat")
            self[spec.name].setEnabled(fits and (may_write or not spec.writes))
