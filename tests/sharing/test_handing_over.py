"""The clinic key comes with the pairing: sealed where the server keeps it, once, and gone afterwards."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import pytest

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries import pairing as queries_pairing
from clinic_desk.domain.ids import new_id
from clinic_desk.notifications import shared_secrets
from clinic_desk.notifications.clinic_key import read_key
from clinic_desk.notifications.credentials import worker_login
from clinic_desk.services import pcs, provider_secrets
from clinic_desk.services.provider_secrets import KeepSecrets
from clinic_desk.settings import load_settings
from clinic_desk.sharing import cluster, handing_over, inviting
from clinic_desk.sharing.joining import join
from clinic_desk.sharing.pairing import one_time
from clinic_desk.sharing.plans import Pairing, Share, SharingError, Trouble
from tests.sharing.conftest import MANAGER, Keyring

PASSWORD = "the provider's password"
KEY = "clinic-desk/clinic_key"
Use = Callable[[Keyring], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Be the PC of this keyring."""
    return lambda other: monkeypatch.setattr(keyring, "get_keyring", lambda: other)


@pytest.fixture
def manager(share: Share) -> Iterator[Database]:
    """The manager at the PC that invites."""
    url = cluster.superuser_url(share.folder, "clinic").set(username=MANAGER.login, password=MANAGER.password)
    database = Database(url, DeskIdentity(new_id(), "Desk 1"))
    yield database
    database.dispose()


@pytest.fixture
def clinic_key(share: Share, manager: Database, pc: Keyring) -> Iterator[str]:
    """The key that a password of the clinic is encrypted with, in this PC's keyring."""
    provider_secrets.keep_secrets(manager, KeepSecrets({"email_password": PASSWORD}))
    yield pc.kept[KEY]
    as_superuser(share, "DELETE FROM provider_secret RETURNING id")


def as_superuser(share: Share, statement: str) -> list[Any]:
    database = Database(cluster.superuser_url(share.folder, "clinic"), DeskIdentity(new_id(), "x"), pool_size=1)
    try:
        with database.writing() as connection:
            return list(connection.exec_driver_sql(statement))
    finally:
        database.dispose()


def what_the_server_has(share: Share, pairing: Pairing) -> str:
    """Everything in the database that belongs to an invitation, as its administrator reads it."""
    login = one_time(pairing.secret).login
    rows = as_superuser(share, f"SELECT i::text, a::text FROM invitation i, pg_authid a WHERE a.rolname = '{login}'")
    return str([row for row in rows if login in row[0]])


def test_the_pc_that_joins_reads_the_clinics_passwords_and_the_server_cannot(
    share: Share, manager: Database, clinic_key: str, use: Use, tmp_path: Path
) -> None:
    pairing = inviting.invite_to(manager, sends=True)
    assert (pairing.sends, pairing.key_trouble) == (True, "")
    known, key = one_time(pairing.secret), read_key(clinic_key)
    kept_there = what_the_server_has(share, pairing)
    [(sealed,)] = as_superuser(share, f"SELECT sealed_key FROM invitation WHERE login = '{known.login}'")
    assert sealed in kept_there
    for hidden in (clinic_key, key.bits.hex(), pairing.secret.hex(), known.password, known.sealing_key.hex()):
        assert hidden not in kept_there
    # what a server that is not honest could learn is the password of the login: it opens nothing
    other = Pairing(("x",), 1, bytes(16), bytes.fromhex(known.password))
    assert handing_over.unseal(sealed, one_time(other.secret)) is None

    new = Keyring()
    use(new)
    joined = join(pairing, tmp_path, "Room 20")
    assert (joined.sends, joined.note, joined.trouble) == (True, "", "")
    assert new.kept[KEY] == clinic_key
    assert set(new.kept) == {KEY, "clinic-desk/worker_database_password"}
    address = worker_login(load_settings(config=tmp_path).worker_database_url)
    assert address is not None
    worker = Database(address.get_secret_value(), DeskIdentity(new_id(), "Room 20"), pool_size=1)
    try:
        assert shared_secrets.readable(shared_secrets.read_sealed(worker)) == ({"email_password": PASSWORD}, "")
    finally:
        worker.dispose()
    assert what_the_server_has(share, pairing) == "[]"
    assert as_superuser(share, "SELECT count(*) FROM invitation WHERE sealed_key IS NOT NULL") == [(0,)]


def test_a_pc_that_is_not_to_send_gets_neither_login_nor_key(
    share: Share, manager: Database, clinic_key: str, use: Use, tmp_path: Path
) -> None:
    assert clinic_key
    pairing = inviting.invite(share, sends=False)
    new = Keyring()
    use(new)
    joined = join(pairing, tmp_path, "Room 21")
    assert (joined.sends, joined.trouble, new.kept) == (False, "", {})
    assert load_settings(config=tmp_path).worker_database_url is None
    [found] = [each for each in pcs.pcs_now(manager).pcs if each.name == "Room 21"]
    assert not found.sends
    assert pcs.dismiss(manager, found.id) == 0


def test_a_pc_without_a_keyring_is_told_so_and_joins_all_the_same(
    share: Share, manager: Database, clinic_key: str, use: Use, tmp_path: Path
) -> None:
    assert clinic_key
    pairing = inviting.invite(share, sends=True)
    use(keyring.backends.fail.Keyring())  # type: ignore[arg-type, no-untyped-call]
    joined = join(pairing, tmp_path, "Room 22")
    assert (joined.sends, joined.trouble) == (False, "keyring-none")
    assert "no keyring" in joined.note
    assert load_settings(config=tmp_path).database_url is not None
    assert not next(each for each in pcs.pcs_now(manager).pcs if each.name == "Room 22").sends


def test_a_pc_that_has_no_key_to_hand_over_says_so(share: Share, clinic_key: str, use: Use, tmp_path: Path) -> None:
    assert clinic_key
    use(Keyring())
    pairing = inviting.invite(share, sends=True)
    assert (pairing.sends, pairing.key_trouble) == (True, "clinic-key-missing")
    joined = join(pairing, tmp_path, "Room 23")
    assert (joined.sends, joined.trouble) == (True, "clinic-key-missing")


def test_a_pc_that_was_switched_off_before_it_had_joined_is_handed_the_key_again(
    share: Share, clinic_key: str, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairing = inviting.invite(share, sends=True)
    new = Keyring()
    use(new)
    with monkeypatch.context() as patched:
        patched.setattr("clinic_desk.database.queries.pairing.join_clinic", _switched_off)
        with pytest.raises(KeyboardInterrupt):
            join(pairing, tmp_path, "Room 24")
    assert KEY not in new.kept
    assert join(pairing, tmp_path, "Room 24").sends
    assert new.kept[KEY] == clinic_key


def _switched_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_invitation_that_was_withdrawn_is_good_for_nothing(
    share: Share, manager: Database, pc: Keyring, tmp_path: Path
) -> None:
    pairing = inviting.invite_to(manager, 2, sends=True)
    login = one_time(pairing.secret).login
    [open_one] = [each for each in pcs.pcs_now(manager).invitations if each.id == login]
    assert (open_one.invited_by, open_one.until_at - open_one.invited_at) == (MANAGER.display_name, timedelta(hours=2))
    pcs.withdraw(manager, login)
    pcs.withdraw(manager, login)  # by two managers at once
    assert login not in {each.id for each in pcs.pcs_now(manager).invitations}
    with pytest.raises(SharingError) as refused:
        join(pairing, tmp_path, "Room 25")
    assert refused.value.code is Trouble.PAIRING_OVER
    assert what_the_server_has(share, pairing) == "[]"
    assert set(pc.kept) <= {KEY}


def test_a_pc_that_joins_once_more_takes_its_former_place(
    share: Share, manager: Database, pc: Keyring, tmp_path: Path
) -> None:
    assert pc.kept == {}
    join(inviting.invite(share, sends=True), tmp_path, "Room 26")
    [former] = [each for each in pcs.pcs_now(manager).pcs if each.name == "Room 26"]
    join(inviting.invite(share, sends=False), tmp_path, "Room 27")
    now = {each.name: each for each in pcs.pcs_now(manager).pcs}
    assert "Room 26" not in now
    assert (now["Room 27"].desk_id, now["Room 27"].sends) == (former.desk_id, False)
    [(can_login,)] = as_superuser(share, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{former.login}'")
    assert not can_login


def test_three_pcs_send_and_the_next_does_not_unless_it_is_said(share: Share, manager: Database, pc: Keyring) -> None:
    assert pc.kept == {}
    with manager.reading() as connection:
        before = queries_pairing.sending_pcs(connection)
    for number in range(before, 3):
        as_superuser(share, f"INSERT INTO clinic_pc (name, login) VALUES ('S', 'desk_{number:016x}') RETURNING id")
    assert not inviting.invite_to(manager).sends
    assert inviting.invite_to(manager, sends=True).sends
    as_superuser(share, "UPDATE clinic_pc SET login = NULL WHERE name = 'S' RETURNING id")
    for each in pcs.pcs_now(manager).pcs:
        if each.sends:
            assert pcs.stop_sending(manager, each.id) == 0
    assert not any(each.sends for each in pcs.pcs_now(manager).pcs)
    assert inviting.invite_to(manager).sends
