"""What there is before an act: made once, and put back before each round."""

from __future__ import annotations

import gzip
from typing import Any, Final

from tests.benchmarks.killing.acts import BACKUPS, FAR, LOGIN, NAME, PASSWORD, PLACE, back_up, first_one_pc, settings


def _nothing() -> None:
    """A PC on which nothing is set up."""


def _clinic() -> None:
    """A clinic of one PC with a manager, patients and a history that this PC has seen seals of."""
    from clinic_desk.database import anchors
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.domain.ids import new_id
    from tests.support.small_clinic import insert_small_clinic

    first_one_pc()
    with _server() as server:
        database = Database(server.url("clinic_owner"), DeskIdentity(new_id(), "Desk 9"), pool_size=1)
        try:
            with database.writing() as connection:
                insert_small_clinic(connection)
            anchors.seal(database, settings().data)
        finally:
            database.dispose()


def _server() -> Any:
    from clinic_desk.database.embedded import join as joined

    return joined(settings().data / "server")


def _older() -> None:
    """A clinic of one PC with a manager, in the schema of the release before."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from clinic_desk.database import schema, setup
    from tests.database.dumps import make

    dump = gzip.decompress((make.HERE / f"{schema.known_revisions()[-2]}.sql.gz").read_bytes()).decode()
    with _server() as server:
        url = server.superuser_url()
        setup.prepare_roles(url, server.password(setup.OWNER))
        with setup.superuser(url) as connection:
            connection.exec_driver_sql(f"CREATE DATABASE clinic OWNER {setup.OWNER} TEMPLATE template0 ENCODING 'UTF8'")
        setup.configure_database(url, "clinic")
        owner = create_engine(server.url(setup.OWNER), poolclass=NullPool)
        with owner.begin() as connection:
            connection.connection.cursor().execute(dump)
        engine = create_engine(server.superuser_url("clinic"), poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL search_path = public")
            words = f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}' IN ROLE clinic_manager"
            connection.exec_driver_sql(words)
            names = (
                "INSERT INTO staff (login, display_name, group_name) VALUES (%s, %s, 'manager') ON CONFLICT DO NOTHING"
            )
            connection.exec_driver_sql(names, (LOGIN, NAME))


def _backed_up() -> None:
    """A clinic, a backup of it, and what was done since: a patient, and somebody who may sign in."""
    from clinic_desk.database import anchors, setup
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.domain.ids import new_id

    _clinic()
    back_up()
    next(BACKUPS.glob("*.cdbackup")).rename(PLACE / "kept.cdbackup")
    BACKUPS.rmdir()
    with _server() as server:
        later = setup.Login("karl", PASSWORD, "clinic_reception", "Karl Stein")
        setup.prepare_database(server.superuser_url(), owner_password=server.password(setup.OWNER), logins=[later])
        database = Database(server.url("clinic_owner"), DeskIdentity(new_id(), "Desk 9"), pool_size=1)
        try:
            with database.writing() as connection:
                connection.exec_driver_sql("UPDATE patient SET family_name = 'Changed since'")
            anchors.seal(database, settings().data)
        finally:
            database.dispose()


def _backup_only() -> None:
    """A backup, and no clinic."""
    import shutil

    _backed_up()
    shutil.rmtree(settings().data)


def _far_clinic() -> None:
    """Another PC shares its clinic, once for all rounds; a pairing text of it for this round."""
    from clinic_desk.database.embedded.cluster import choose_port
    from clinic_desk.sharing import cluster, finding, inviting, pairing
    from clinic_desk.sharing.plans import Manager, SharePlan

    plan = SharePlan(
        *(finding.choose(finding.find_servers()), FAR, Manager(LOGIN, PASSWORD, NAME)),
        addresses=("127.0.0.1",), listen=("127.0.0.1",), port=0 if FAR.exists() else choose_port(0), as_service=False,
    )  # fmt: skip
    made = cluster.make_share(plan)
    (PLACE / "pairing.txt").write_text(pairing.pairing_text(inviting.invite(made)))


BEFORE: Final = {
    "nothing": _nothing,
    "clinic": _clinic,
    "older": _older,
    "backed-up": _backed_up,
    "backup-only": _backup_only,
    "far-clinic": _far_clinic,
}
