"""What opens by an action of the menu: each page's parts are imported and made when somebody asks for it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace


def wire_pages(space: Workspace) -> None:
    """From now on the actions open their pages, and what the status bar counts opens what it counts."""
    actions, status_bar = space.window.actions_by_name, space.window.status_bar
    for name, open_page in PAGES.items():
        actions[name].triggered.connect(_opening(open_page, space))
    status_bar.parked_opened.connect(actions["parked"].trigger)
    status_bar.backups_opened.connect(actions["backups"].trigger)
    status_bar.paper_opened.connect(actions["automatic_lists"].trigger)


def _opening(open_page: Callable[[Workspace], object], space: Workspace) -> Callable[[bool], object]:
    return lambda _checked: open_page(space)


def _own_password(space: Workspace) -> None:
    from clinic_desk.ui.door.own_password import change_own_password

    change_own_password(space)


def _parked(space: Workspace) -> None:
    from clinic_desk.ui.away.parked_desk import open_parked

    open_parked(space)


def _away(space: Workspace) -> None:
    from clinic_desk.ui.away.desk import away_of

    away_of(space).open()


def _setup(space: Workspace) -> None:
    from clinic_desk.ui.setup.desk import open_setup

    open_setup(space)


def _backups(space: Workspace) -> None:
    from clinic_desk.ui.backups.desk import backups_of

    backups_of(space).open()


def _recheck(space: Workspace) -> None:
    from clinic_desk.ui.recheck.seen import open_recheck

    open_recheck(space)


def _past(space: Workspace) -> None:
    from clinic_desk.ui.past.desk import open_past

    open_past(space)


def _doubles(space: Workspace) -> None:
    from clinic_desk.ui.patients.doubles import open_doubles

    open_doubles(space)


def _figures(space: Workspace) -> None:
    from clinic_desk.ui.figures.desk import open_figures

    open_figures(space)


def _save_list(space: Workspace) -> None:
    from clinic_desk.ui.exchange.lists import save_list_here

    save_list_here(space)


def _print(space: Workspace) -> None:
    """Print the list that is shown in the calendar's place, or ask what."""
    if space.navigator.view.as_list:
        space.day_list().print_it()
    else:
        space.paper().open()


PAGES: Final[Mapping[str, Callable[[Workspace], object]]] = {
    "messages": lambda space: space.messages.toggle(),
    "message_settings": lambda space: space.messages.open_settings(),
    "parked": _parked,
    "put_back": lambda space: space.pinboard().put_back(),
    "house": lambda space: space.house().go_there(),
    "house_window": lambda space: space.house().toggle_window(),
    "noshows": lambda space: space.house().open_noshows(),
    "waiting": lambda space: space.waiting().open(),
    "waiting_add": lambda space: space.waiting().add_chosen(),
    "waiting_here": lambda space: space.gaps().look_here(),
    "away": _away,
    "setup": _setup,
    "backups": _backups,
    "own_password": _own_password,
    "recheck": _recheck,
    "past": _past,
    "doubles": _doubles,
    "history": lambda space: space.history().open_all(),
    "figures": _figures,
    "print": _print,
    "saved_views": lambda space: space.saved_views().open_sheet(),
    "filter": lambda space: space.day_list().find(),
    "automatic_lists": lambda space: space.paper().open_automatic(),
    "import_file": lambda space: space.exchange().open_import(),
    "export_file": lambda space: space.exchange().open_export(),
    "save_list": _save_list,
}
"""By the name of the action; see `ui.actions`."""
