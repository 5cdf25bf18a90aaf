"""An installed PostgreSQL is found and judged by what it says of itself; where none is, how to get one is told."""

from pathlib import Path

import pytest

from clinic_desk.sharing import finding
from clinic_desk.sharing.plans import FoundServer, SharingError, Trouble


def _postgresql(folder: Path, version: str, ciphers: str = "HIGH") -> Path:
    """A folder with programs that answer as PostgreSQL's do."""
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl"):
        (folder / name).touch()
    program = folder / "postgres"
    program.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && echo "postgres (PostgreSQL) {version}"\n'
        f'[ "$1" = --describe-config ] && printf "ssl_ciphers\\tsighup\\tSSL\\tSTRING\\t{ciphers}\\t\\t\\t\\n"\n'
        "exit 0\n"
    )
    program.chmod(0o755)
    return folder


def test_the_newest_that_can_be_shared_with_comes_first(tmp_path: Path) -> None:
    old = _postgresql(tmp_path / "13", "13.9")
    plain = _postgresql(tmp_path / "17", "17.2", "none")
    good = _postgresql(tmp_path / "15", "15.6 (Debian 15.6-0+deb12u1)")
    newest = _postgresql(tmp_path / "16", "16rc1")
    newest.joinpath("initdb").unlink()  # a client's package only
    found = finding.find_servers([old, plain, newest, good, tmp_path / "none"])
    assert [(each.version, each.trouble) for each in found] == [
        ("15.6", None),
        ("17.2", Trouble.POSTGRESQL_WITHOUT_TLS),
        ("13.9", Trouble.POSTGRESQL_TOO_OLD),
    ]
    assert finding.choose(found) == FoundServer(good, "15.6", 15, has_tls=True)


def test_links_to_one_installation_are_one(tmp_path: Path) -> None:
    folder = _postgresql(tmp_path / "15", "15.6")
    links = tmp_path / "bin"
    links.mkdir()
    (links / "postgres").symlink_to(folder / "postgres")
    assert [each.folder for each in finding.find_servers([links, folder])] == [folder]


def test_a_program_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    folder = _postgresql(tmp_path / "15", "15.6")
    (folder / "postgres").write_text("#!/bin/sh\nexec sleep 60\n")
    assert finding.find_servers([folder], limit_s=0.2) == ()


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ((), Trouble.NO_POSTGRESQL, "no PostgreSQL server"),
        ((FoundServer(Path("/p"), "13.9", 13, has_tls=True),), Trouble.POSTGRESQL_TOO_OLD, "13.9 in /p is too old"),
        ((FoundServer(Path("/p"), "17.2", 17, has_tls=False),), Trouble.POSTGRESQL_WITHOUT_TLS, "without encryption"),
    ],
)
def test_what_cannot_be_shared_with_is_refused_with_a_way_out(
    found: tuple[FoundServer, ...], code: Trouble, said: str
) -> None:
    with pytest.raises(SharingError, match=said) as refused:
        finding.choose(found)
    assert refused.value.code is code
    assert finding.how_to_get().command in str(refused.value)


@pytest.mark.parametrize(
    ("platform", "release", "kind"),
    [
        ("linux", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', "debian"),
        ("linux", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"),
        ("linux", 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "suse"),
        ("linux", "ID=void\n", "linux"),
        ("win32", "", "windows"),
        ("darwin", "", "macos"),
    ],
)
def test_how_to_get_one_is_said_for_this_kind_of_computer(
    tmp_path: Path, platform: str, release: str, kind: str
) -> None:
    (tmp_path / "os-release").write_text(release)
    assert finding.how_to_get(platform, tmp_path / "os-release").platform == kind
