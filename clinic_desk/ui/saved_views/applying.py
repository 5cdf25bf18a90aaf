"""What is on screen as an arrangement that can be saved, and an arrangement back on the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import AppointmentStatus, Clinic
from clinic_desk.domain.saved_views import Arrangement
from clinic_desk.ui.column_choice import ColumnChoice
from clinic_desk.ui.columns import Span, View, resources
from clinic_desk.ui.preferences import STEPS, Kind, Pace

if TYPE_CHECKING:
    from clinic_desk.ui.daylist.choosing import Order, Wanted
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_SIDES = {"left": "left_side", "right": "right_side"}


def arrangement(space: Workspace) -> Arrangement:
    """Return what is on screen."""
    window, navigator = space.window, space.navigator
    view, choice = navigator.view, navigator.choice()
    ids = tuple(resource.id for resource in resources(space.store.clinic, view.kind))
    shown = choice.visible(ids)
    made = Arrangement(
        span=view.span,
        kind=view.kind,
        of=str(view.week_of) if view.week_of is not None and view.span != "day" else "",
        count=view.count,
        pace=view.pace,
        as_list=view.as_list,
        shown=() if shown == ids else tuple(map(str, shown)),
        step=window.calendar.step,
        sides=tuple(side for side, name in _SIDES.items() if window.actions_by_name[name].isChecked()),
    )
    return _with_list(made, *space.day_list().asked) if view.as_list else made


def _with_list(made: Arrangement, wanted: Wanted, order: Order) -> Arrangement:
    return replace(
        made,
        sort=order.column,
        backwards=order.backwards,
        typed=wanted.typed[:200],
        status="" if wanted.status is None else wanted.status.value,
        doctor="" if wanted.doctor_id is None else str(wanted.doctor_id),
        not_arrived=wanted.not_arrived,
        unconfirmed=wanted.unconfirmed,
        failed=wanted.failed,
    )


def view_of(arranged: Arrangement, clinic: Clinic, before: View) -> View:
    """Return the view of an arrangement, on the day of the one before; without the doctor it names, the whole day."""
    kind = cast("Kind", arranged.kind)
    known = {resource.id for resource in resources(clinic, kind)}
    of = UUID(arranged.of) if arranged.of else None
    if of not in known:
        of = None
    return replace(
        before,
        span=cast("Span", arranged.span) if of is not None else "day",
        kind=kind,
        week_of=of,
        count=arranged.count,
        pace=cast("Pace", arranged.pace),
        as_list=arranged.as_list,
    )


def choice_of(arranged: Arrangement, clinic: Clinic) -> ColumnChoice:
    """Return which columns an arrangement shows: of those it names the ones that are there, all where none is left."""
    known = tuple(resource.id for resource in resources(clinic, cast("Kind", arranged.kind)))
    wanted = tuple(one for one in map(UUID, arranged.shown) if one in known)
    return ColumnChoice(frozenset(known) - frozenset(wanted), wanted) if wanted else ColumnChoice()


def show(space: Workspace, arranged: Arrangement) -> None:
    """Put an arrangement on the screen; the day stays."""
    put_in(space, arranged)
    navigator, actions = space.navigator, space.window.actions_by_name
    if arranged.step in STEPS:
        navigator.set_step(arranged.step)
    for side, name in _SIDES.items():
        actions[name].setChecked(side in arranged.sides)
    navigator.arrange(view_of(arranged, space.store.clinic, navigator.view))


def put_in(space: Workspace, arranged: Arrangement) -> None:
    """Have the columns, and the list's filter and order, be those of an arrangement, when something is shown next."""
    space.window.preferences.set_columns(cast("Kind", arranged.kind), choice_of(arranged, space.store.clinic))
    if arranged.as_list:
        space.day_list().ask(*_list_of(arranged))


def begin_with(space: Workspace, arranged: Arrangement) -> None:
    """Have the window show an arrangement the first time it shows anything."""
    preferences, actions = space.window.preferences, space.window.actions_by_name
    if arranged.step in STEPS:
        preferences.set_step(arranged.step)
    for side, name in _SIDES.items():
        actions[name].setChecked(side in arranged.sides)
    put_in(space, arranged)
    space.navigator.view = view_of(arranged, space.store.clinic, space.navigator.view)


def _list_of(arranged: Arrangement) -> tuple[Wanted, Order]:
    from clinic_desk.ui.daylist.choosing import Order, Wanted
    from clinic_desk.ui.daylist.rows import COLUMNS

    status = next((one for one in AppointmentStatus if one.value == arranged.status), None)
    wanted = Wanted(
        arranged.typed,
        status,
        UUID(arranged.doctor) if arranged.doctor else None,
        arranged.not_arrived,
        arranged.unconfirmed,
        arranged.failed,
    )
    return wanted, Order(arranged.sort if arranged.sort in COLUMNS else "time", arranged.backwards)


def missing(arranged: Arrangement, clinic: Clinic) -> tuple[str, ...]:
    """Return the names of the doctors or rooms that an arrangement shows and that are not there any more."""
    there = {one.id for kind in ("practitioner", "room") for one in resources(clinic, kind)}
    names = {one.id: one.name for one in clinic.practitioners} | {one.id: one.name for one in clinic.rooms}
    gone = (one for one in arranged.resources if one not in there)
    return tuple(names.get(one, translate("saved_views", "somebody who was removed")) for one in gone)
