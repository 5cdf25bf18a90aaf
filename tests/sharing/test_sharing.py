"""A clinic shared from one PC and joined from another, on a real server with TLS of an installed PostgreSQL."""

import stat
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from clinic_desk import connection_file
from clinic_desk.database import setup
from clinic_desk.database.embedded import EmbeddedServerError
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.notifications.credentials import worker_login
from clinic_desk.services import pcs
from clinic_desk.services.desks import who_am_i
from clinic_desk.settings import claim_desk, load_settings
from clinic_desk.sharing import certificates, cluster, inviting, trying
from clinic_desk.sharing.joining import join
from clinic_desk.sharing.pairing import one_time, pairing_text, read_pairing
from clinic_desk.sharing.plans import Share, SharePlan, SharingError, TestKind, Trouble
from tests.sharing.conftest import MANAGER, Keyring

KEPT = {"clinic-desk/worker_database_password", "clinic-desk/clinic_key"}
"""What is in the keyring of a PC that joined and sends."""


def dsn(share: Share, user: str, password: str, **more: str) -> str:
    url = cluster.superuser_url(share.folder, "clinic").set(username=user, password=password, drivername="postgresql")
    return url.update_query_dict(more).render_as_string(hide_password=False)


def test_the_clinics_server_is_its_own_with_tls_and_checksums(share: Share) -> None:
    url = cluster.superuser_url(share.folder, "clinic").set(drivername="postgresql")
    with psycopg2.connect(url.render_as_string(hide_password=False)) as connection, connection.cursor() as cursor:
        for name, value in {
            "ssl": "on",
            "data_checksums": "on",
            "password_encryption": "scram-sha-256",
            "server_encoding": "UTF8",
            "max_connections": "500",
            "port": str(share.port),
        }.items():
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)
        cursor.execute("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method NOT IN ('scram-sha-256', 'reject')")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL")
        assert cursor.fetchone() == (0,)
    connection.close()
    assert stat.S_IMODE((share.folder / "secrets" / "authority.key").stat().st_mode) == 0o600


def test_nobody_comes_in_without_tls(share: Share) -> None:
    with pytest.raises(psycopg2.OperationalError, match="no encryption"):
        psycopg2.connect(dsn(share, MANAGER.login, MANAGER.password, sslmode="disable"))


def test_another_pc_joins_by_the_text_and_only_once(share: Share, pc: Keyring, tmp_path: Path) -> None:
    text = pairing_text(inviting.invite(share))
    joined = join(read_pairing(text), tmp_path, "Room 2")
    assert joined.sends

    settings = load_settings(config=tmp_path)
    assert settings.database_url is not None
    signed_in = make_url(settings.database_url.get_secret_value()).set(username="julia", password=MANAGER.password)
    desk = Database(signed_in, DeskIdentity(new_id(), "Room 2"))
    sending = worker_login(settings.worker_database_url)
    assert sending is not None
    worker = Database(sending.get_secret_value(), DeskIdentity(new_id(), "Room 2"))
    try:
        assert who_am_i(desk).group == "manager"
        with worker.reading() as connection:
            assert connection.exec_driver_sql("SELECT pg_has_role('clinic_worker', 'MEMBER')").scalar_one()
        login = str(worker.url.username)
        [joined_pc] = [each for each in pcs.pcs_now(desk).pcs if each.name == "Room 2"]
        assert (joined_pc.login, joined_pc.desk_id) == (login, claim_desk(settings).id)
    finally:
        desk.dispose()
        worker.dispose()

    assert set(pc.kept) == KEPT
    written = (tmp_path / connection_file.NAME).read_text("utf-8")
    assert "password" not in written.replace("Passwords are not kept here", "").replace(login, "")
    assert stat.S_IMODE((tmp_path / connection_file.NAME).stat().st_mode) == 0o600

    with pytest.raises(SharingError, match="each PC needs a text of its own") as refused:
        join(read_pairing(text), tmp_path / "other", "Room 3")
    assert refused.value.code is Trouble.PAIRING_OVER
    assert not (tmp_path / "other" / connection_file.NAME).exists()
    assert set(pc.kept) == KEPT


def test_joining_that_was_stopped_in_the_middle_goes_on_with_the_same_text(
    share: Share, pc: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairing = inviting.invite(share)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(connection_file, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            join(pairing, tmp_path, "Room 4")
    assert load_settings(config=tmp_path).database_url is None
    assert join(pairing, tmp_path, "Room 4").sends
    assert set(pc.kept) == KEPT


def test_a_false_server_is_told_nothing(share: Share, pc: Keyring, tmp_path: Path) -> None:
    pairing = inviting.invite(share)
    false = replace(pairing, fingerprint=bytes(16))
    with pytest.raises(SharingError) as refused:
        join(false, tmp_path, "Room 5")
    assert refused.value.code is Trouble.WRONG_SERVER
    assert not list(tmp_path.iterdir())
    assert not set(pc.kept) - {"clinic-desk/clinic_key"}  # which the PC that shares has
    join(pairing, tmp_path, "Room 5")  # the secret is still good


def test_an_invitation_may_do_nothing_but_join(share: Share) -> None:
    known = one_time(inviting.invite(share).secret)
    with psycopg2.connect(dsn(share, known.login, known.password)) as connection:
        for statement in (
            "SELECT * FROM patient",
            "SELECT invite_desk('x', 'y', 1, true, NULL)",
            "SELECT set_own_password('x')",
        ):
            with connection.cursor() as cursor, pytest.raises(psycopg2.Error):
                cursor.execute(statement)
            connection.rollback()
    connection.close()


def test_a_manager_invites_from_any_pc_and_dismisses_one_that_is_gone(
    share: Share, pc: Keyring, tmp_path: Path
) -> None:
    assert pc.kept == {}
    manager = Database(dsn(share, MANAGER.login, MANAGER.password), DeskIdentity(new_id(), "Desk 1"))
    try:
        pairing = inviting.invite_to(manager, sends=True)
        assert (pairing.addresses, pairing.port, pairing.fingerprint) == (
            ("127.0.0.1",),
            share.port,
            share.fingerprint[:16],
        )
        join(pairing, tmp_path, "Room 6")
        [joined] = [each for each in pcs.pcs_now(manager).pcs if each.name == "Room 6"]
        assert (joined.sends, joined.invited_by) == (True, MANAGER.display_name)
        assert pcs.dismiss(manager, joined.id) == 0
        assert joined.id not in {each.id for each in pcs.pcs_now(manager).pcs}
        login = joined.login
    finally:
        manager.dispose()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(dsn(share, login, pc.kept["clinic-desk/worker_database_password"]))


def test_sharing_again_changes_nothing_and_another_port_is_refused(share: Share, installed: object) -> None:
    found = installed
    plan = SharePlan(found, share.folder, MANAGER, as_service=False)  # type: ignore[arg-type]
    assert cluster.make_share(plan) == share
    with pytest.raises(SharingError) as refused:
        cluster.make_share(replace(plan, port=share.port + 1))
    assert refused.value.code is Trouble.ALREADY_SHARED
    cluster.discard(share.folder)  # removes only what never became whole
    assert cluster.share_of(share.folder) == share


def test_the_certificate_is_made_anew_before_it_ends(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(certificates, "RENEW_DAYS", certificates.SERVER_DAYS + 1)
        renewed = cluster.ensure_running(share.folder)
    assert renewed.fingerprint == share.fingerprint
    assert renewed.certificate_until > share.certificate_until
    address = dsn(share, MANAGER.login, MANAGER.password)
    assert trying.try_connection(address).kind is TestKind.GOOD


def test_an_authority_that_other_pcs_know_is_never_made_anew(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    key = share.folder / "secrets" / "authority.key"
    kept = key.rename(key.with_suffix(".kept"))
    monkeypatch.setattr(certificates, "RENEW_DAYS", certificates.SERVER_DAYS + 1)
    try:
        with pytest.raises(EmbeddedServerError, match="Restore the folder"):
            cluster.ensure_running(share.folder)
    finally:
        kept.rename(key)
    assert cluster.share_of(share.folder).fingerprint == share.fingerprint


def test_the_owner_of_the_schema_and_the_superuser_come_from_this_pc_only(share: Share) -> None:
    rules = (share.folder / "pgdata" / "pg_hba.conf").read_text("utf-8").splitlines()
    reject = rules.index("host all postgres,clinic_owner all reject")
    assert all("127.0.0.1/32" in rule for rule in rules[1:reject])
    assert setup.OWNER not in "".join(rules[reject + 1 :])
