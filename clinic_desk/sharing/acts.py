"""The acts of set-up that are more than one step, each whole: for the wizard and the command line alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desk import connection_file
from clinic_desk.sharing import cluster, connecting, inviting, joining
from clinic_desk.sharing.moving import move
from clinic_desk.sharing.plans import DATABASE, Moved, MovePlan, Share, SharePlan, Tell, tell_nobody

if TYPE_CHECKING:
    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.sharing.plans import Manager


def share_from_this_pc(
    plan: SharePlan,
    config: Path,
    desk_name: str,
    tell: Tell = tell_nobody,
    *,
    clinic: EmbeddedServer | None = None,
    data: Path | None = None,
) -> tuple[Share, Moved | None]:
    """Make the clinic's own server on this PC, move the clinic of the embedded server there, and connect this PC to it.

    `clinic`: the embedded server whose clinic moves, with `data`, the program's data folder; None: a new clinic begins,
    and `plan.manager` manages it. Stopped anywhere, it is called again with the same. Raises as `cluster.make_share`,
    `moving.move` and `joining.join`.
    """
    share = cluster.make_share(plan if clinic is None else replace(plan, manager=None), tell)
    moved = None
    if clinic is not None:
        moved = move(_plan_to(share, clinic, data or clinic.data, plan.manager), tell)
    written = connection_file.read(config)
    if written.get("shared_folder") != str(share.folder) or not written.get("worker_database_url"):
        invitation = replace(inviting.invite(share, sends=True), addresses=(cluster.HERE,))
        joining.join(invitation, config, desk_name, tell, shared_folder=share.folder)
    return share, moved


def _plan_to(share: Share, clinic: EmbeddedServer, data: Path, manager: Manager | None) -> MovePlan:
    new = cluster.superuser_url(share.folder, DATABASE)
    return MovePlan(
        old=clinic.superuser_url(DATABASE).render_as_string(hide_password=False),
        new=new.render_as_string(hide_password=False),
        new_address=connecting.address_of((cluster.HERE,), share.port, DATABASE, share.authority),
        owner_password=cluster.owner_password(share.folder),
        data=data,
        old_folder=clinic.data,
        shared_folder=share.folder,
        manager=manager,
    )
