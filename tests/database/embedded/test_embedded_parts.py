"""The parts of the embedded server that decide without a server: settings, options per platform, accounts, messages."""

import errno
import os
import re
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.database.embedded import EmbeddedServerError, Problem, account, cluster, default_folder, postmaster
from clinic_desk.database.embedded.account import Account, first_closed, may_enter
from clinic_desk.database.embedded.binaries import INSTALLATIONS, SETTING, find, preferred_majors
from clinic_desk.database.embedded.commands import child_environment, process_options, run
from clinic_desk.database.embedded.configuration import initdb_arguments, quoted, server_settings
from clinic_desk.database.embedded.folder import patiently, refuse_foreign
from clinic_desk.database.embedded.problems import classify, from_output, own_words, told

SOMEBODY = Account("somebody", 1234, 5678)


# --- programs of PostgreSQL -------------------------------------------------------------------------------------------


def test_children_get_no_setting_of_another_postgresql_and_speak_english() -> None:
    inherited = {"PATH": "/bin", "PGDATA": "/x", "pgport": "1", "LC_ALL": "de_DE", "LC_TIME": "de_DE", "LANGUAGE": "de"}
    assert child_environment(inherited, frozen=False) == {"PATH": "/bin", "LC_ALL": "C"}


def test_a_bundle_gives_children_the_library_path_of_the_user_not_its_own() -> None:
    bundle = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/users"}
    assert child_environment(bundle, frozen=True) == {"LD_LIBRARY_PATH": "/users", "LC_ALL": "C"}
    assert child_environment({"LD_LIBRARY_PATH": "/bundle"}, frozen=True) == {"LC_ALL": "C"}
    assert child_environment({"LD_LIBRARY_PATH": "/users"}, frozen=False)["LD_LIBRARY_PATH"] == "/users"


def test_on_windows_the_server_has_its_own_process_group_and_no_console_window() -> None:
    new_process_group, no_window = 0x200, 0x08000000
    assert process_options("win32", None) == {"creationflags": new_process_group | no_window}


def test_elsewhere_the_server_has_its_own_session_and_the_account_but_none_of_roots_groups() -> None:
    assert process_options("linux", None) == {"start_new_session": True, "umask": 0o077}
    as_somebody = process_options("darwin", SOMEBODY)
    assert as_somebody == {
        "start_new_session": True,
        "umask": 0o077,
        "user": 1234,
        "group": 5678,
        "extra_groups": [],
    }


def test_windows_takes_the_version_that_starts_there_and_the_others_the_newest() -> None:
    assert preferred_majors("win32") == (16,)
    assert preferred_majors("linux") == preferred_majors("darwin") == (18, 16)
    assert find(None, platform="linux").folder.parts[-2:] == (INSTALLATIONS[18], "bin")
    assert find(None, platform="win32").folder.parts[-2:] == (INSTALLATIONS[16], "bin")


def test_a_set_folder_is_taken_before_the_shipped_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sixteen, eighteen = (find(major, platform="linux").folder for major in (16, 18))
    monkeypatch.setenv(SETTING, str(sixteen))
    assert find(None).major == 16
    assert find(None, eighteen).major == 18


def test_a_set_folder_without_postgresql_is_told_with_the_settings_name(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(EmbeddedServerError, match=SETTING) as caught:
            find(None, folder)
        assert caught.value.code is Problem.NO_BINARIES


def test_a_version_nobody_has_is_told_with_those_there_are() -> None:
    with pytest.raises(EmbeddedServerError, match=r"PostgreSQL 12.*has 18, 16") as caught:
        find(12, platform="linux")
    assert caught.value.code is Problem.OTHER_VERSION


def test_a_program_that_is_missing_or_hangs_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError) as caught:
        run(tmp_path / "initdb", account=None, folder=tmp_path)
    assert caught.value.code is Problem.NO_BINARIES
    with pytest.raises(EmbeddedServerError, match="did not end") as caught:
        run(Path("/bin/sleep"), "60", account=None, folder=tmp_path, limit=0.01)
    assert caught.value.code is Problem.START_FAILED


# --- settings ---------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_characters="\0\n\r", exclude_categories=["Cs"])))
def test_a_quoted_value_reads_back_as_itself(value: str) -> None:
    text = quoted(value)
    assert text[0] == text[-1] == "'"
    assert re.fullmatch(r"(?:[^'\\]|''|\\\\)*", text[1:-1])  # no quote or backslash stands alone
    assert re.sub(r"''|\\\\", lambda double: double[0][0], text[1:-1]) == value


def test_the_server_listens_on_this_computer_only_and_keeps_statements_out_of_its_log() -> None:
    lines = server_settings(54321, Path("/run/a, 'b'")).splitlines()
    assert "listen_addresses = '127.0.0.1'" in lines
    assert "port = '54321'" in lines
    assert "unix_socket_directories = '\"/run/a, ''b''\"'" in lines
    assert "fsync = 'on'" in lines
    assert "log_statement = 'none'" in lines
    assert "log_error_verbosity = 'terse'" in lines
    assert "log_min_error_statement = 'panic'" in lines
    assert "unix_socket_directories = ''" in server_settings(1, None).splitlines()


def test_the_database_is_made_alike_on_every_version() -> None:
    new, old = (initdb_arguments("pgdata", "password", major) for major in (18, 16))
    assert {"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"} <= set(old)
    assert set(new) - set(old) == {"--locale-provider=builtin", "--builtin-locale=C.UTF-8"}


def test_a_remembered_port_is_kept_while_it_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        other.listen()
        assert cluster.choose_port(port) not in {0, port}
    assert cluster.choose_port(port) == port


@pytest.mark.parametrize("nonsense", [None, "5432", -1, 65536, 0, 1.5])
def test_a_nonsense_port_is_replaced(nonsense: object) -> None:
    assert 0 < cluster.choose_port(nonsense) < 65536


# --- accounts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "owner", "group", "expected"),
    [
        (0o700, 1234, 0, True),
        (0o077, 1234, 5678, False),  # the owner's bits decide for the owner
        (0o010, 0, 5678, True),
        (0o701, 0, 5678, False),  # and the group's for the group
        (0o701, 0, 0, True),
        (0o750, 0, 0, False),
    ],
)
def test_who_may_enter_a_folder_is_what_its_permissions_say(mode: int, owner: int, group: int, expected: bool) -> None:
    assert may_enter(mode, owner, group, SOMEBODY) is expected


def test_the_topmost_closed_folder_is_the_one_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    closed = first_closed(tmp_path / "not" / "yet" / "there", SOMEBODY)
    assert closed is not None
    assert tmp_path.is_relative_to(closed)
    assert first_closed(tmp_path, None) is None


def test_a_link_into_a_closed_folder_is_closed() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "closed" / "inner").mkdir(parents=True)
        (place / "link").symlink_to(place / "closed" / "inner")
        for path in (place, place / "closed", place / "closed" / "inner"):
            path.chmod(0o755)
        assert first_closed(place / "link", SOMEBODY) is None
        (place / "closed").chmod(0o700)
        assert first_closed(place / "link", SOMEBODY) == place / "closed"


def test_root_without_any_other_account_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "is_root", lambda: True)
    monkeypatch.setattr(account, "CANDIDATES", ("no-such-account", "root"))
    with pytest.raises(EmbeddedServerError, match="useradd") as caught:
        account.service_account(0)
    assert caught.value.code is Problem.NO_ACCOUNT


def test_root_takes_the_owner_of_the_folder_even_one_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "is_root", lambda: True)
    assert account.service_account(987654) == Account("uid 987654", 987654, 987654)


def test_an_ordinary_user_needs_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "is_root", lambda: False)
    assert account.service_account(0) is None


def test_the_default_folder_is_the_users_or_for_root_one_that_its_account_can_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinic_desk.database.embedded import server

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(server, "is_root", lambda: False)
    assert default_folder().is_relative_to(tmp_path)
    monkeypatch.setattr(server, "is_root", lambda: True)
    monkeypatch.setattr(server, "service_account", lambda _owner: SOMEBODY)
    tmp_path.chmod(0o700)
    assert not default_folder().is_relative_to(tmp_path)


# --- what PostgreSQL and the system say -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('FATAL:  could not write to file "base/4/1255_fsm": No space left on device', Problem.DISK_FULL),
        ('could not bind IPv4 address "127.0.0.1": Address already in use', Problem.PORT),
        ("FATAL:  could not create any TCP/IP sockets", Problem.PORT),
        ("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", Problem.BUSY),
        ('FATAL:  lock file "postmaster.pid" already exists', Problem.BUSY),
        ('FATAL:  data directory "pgdata" has wrong ownership', Problem.NOT_PERMITTED),
        ("PANIC:  could not locate a valid checkpoint record at 0/1", Problem.DAMAGED),
        ("postgres: error while loading shared libraries: libz.so.1: cannot open", Problem.NO_BINARIES),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", Problem.START_FAILED),
        ("", Problem.START_FAILED),
    ],
)
def test_postgresqls_own_words_tell_the_kind_of_trouble(output: str, expected: Problem) -> None:
    assert classify(output) is expected


def test_the_line_that_says_most_is_quoted() -> None:
    assert own_words("LOG:  starting\nFATAL:  no\nLOG:  shut down\n") == "FATAL:  no"
    assert own_words("one\n\ntwo\n") == "two"
    assert own_words("") == "no output"


def test_what_is_not_made_yet_is_never_called_damaged() -> None:
    output = 'initdb: error: could not open file "share/postgres.bki" for reading: No such file'
    folder = Path("data")
    assert from_output(output, folder=folder, log=folder).code is Problem.DAMAGED
    assert from_output(output, folder=folder, log=folder, creating=True).code is Problem.START_FAILED


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, Problem.DISK_FULL),
        (errno.EACCES, Problem.NOT_PERMITTED),
        (errno.EROFS, Problem.NOT_PERMITTED),
    ],
)
def test_the_systems_refusals_are_told_with_the_folder(number: int, expected: Problem) -> None:
    with pytest.raises(EmbeddedServerError, match="the-folder") as caught, told(Path("the-folder")):
        raise OSError(number, os.strerror(number), "some-file")
    assert caught.value.code is expected


def test_a_process_file_half_written_is_a_server_that_is_starting(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    assert postmaster.read(tmp_path) is None
    for content in ("", "\n", "no number\n"):
        file.write_text(content)
        assert postmaster.read(tmp_path) is None
    file.write_text("4711\n/data\n1795303026\n")
    assert postmaster.read(tmp_path) == postmaster.Postmaster(4711, 0, None, "")
    file.write_text("4711\n/data\n1795303026\n5999\n/run/x\n127.0.0.1\n  2146480         4\nready   \n")
    assert postmaster.read(tmp_path) == postmaster.Postmaster(4711, 5999, Path("/run/x"), "ready")


def test_this_very_process_is_not_taken_for_a_server(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert postmaster.alive(tmp_path) is None
    assert postmaster.misleads(tmp_path)


def test_a_folder_that_another_program_is_just_claiming_is_not_foreign(tmp_path: Path) -> None:
    for name in ("clinic-desk.lock", "clinic-desk.json.0123.new"):
        (tmp_path / name).touch()
    refuse_foreign(tmp_path)
    (tmp_path / "clinic-desk.txt").touch()
    with pytest.raises(EmbeddedServerError):
        refuse_foreign(tmp_path)


def test_a_file_in_use_is_tried_again_on_windows_and_nowhere_else() -> None:
    answers = [PermissionError(), PermissionError(), "done"]

    def action() -> str:
        answer = answers.pop(0)
        if isinstance(answer, PermissionError):
            raise answer
        return str(answer)

    with pytest.raises(PermissionError):
        patiently(action, "linux")
    assert patiently(action, "win32") == "done"
