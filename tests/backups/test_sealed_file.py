"""The encrypted file: what was changed, cut, doubled or exchanged is never read as if it were whole."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.backups import sealed_file
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem

COST = 4
PHRASE = "correct horse battery"


def _write(path: Path, data: bytes) -> None:
    with sealed_file.writing(path, PHRASE, cost=COST) as writer:
        writer.write(data)


def _read(path: Path, phrase: str = PHRASE) -> bytes:
    with sealed_file.reading(path, phrase) as reader:
        return b"".join(reader.chunks())


def _refusal(path: Path, phrase: str = PHRASE) -> Problem:
    with pytest.raises(NotUsable) as refused:
        _read(path, phrase)
    return refused.value.code


@pytest.mark.parametrize("size", [0, 1, sealed_file.CHUNK, sealed_file.CHUNK + 1, 3 * sealed_file.CHUNK])
def test_what_was_written_is_read_and_stands_nowhere_in_clear(tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "b", (b"Patient Grimaldi " * 60_000)[:size]
    _write(path, data)
    assert _read(path) == data
    assert b"Grimaldi" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600 or os.name == "nt"
    assert [each.name for each in tmp_path.iterdir()] == ["b"]


def test_a_wrong_passphrase_is_told_from_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "b"
    _write(path, b"x")
    assert _refusal(path, "correct horse batterz") is Problem.WRONG_PASSPHRASE
    path.write_bytes(b"PGDMP" + b"\0" * 100)
    assert _refusal(path) is Problem.NOT_A_BACKUP
    path.write_bytes(sealed_file.MAGIC + b"\x02" + b"\0" * 100)
    assert _refusal(path) is Problem.NEWER


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sealed") / "b"
    _write(path, b"x" * (sealed_file.CHUNK + 10))
    return path.read_bytes()


@given(st.data())
def test_no_changed_or_cut_file_is_read_to_its_end(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "changed"
    at = data.draw(st.integers(0, len(whole) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "more"])):
        case "flip":
            bad = bytearray(whole)
            bad[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            bad = bytearray(whole[:at])
        case _:
            bad = bytearray(whole + b"x")
    if at == len(sealed_file.MAGIC) + 1:  # the cost of guessing: 2^20 takes a while to be found wrong
        return
    path.write_bytes(bad)
    assert _refusal(path) in set(Problem)


def test_chunks_that_change_places_or_files_are_not_read(tmp_path: Path, whole: bytes) -> None:
    header, full = sealed_file._HEADER, sealed_file.CHUNK + 16 + 4
    first, last = whole[header : header + full], whole[header + full :]
    path = tmp_path / "b"
    for chunks in (first + first + last, last + first, last, first):
        path.write_bytes(whole[:header] + chunks)
        assert _refusal(path) is Problem.DAMAGED
    other = tmp_path / "other"
    _write(other, b"x" * (sealed_file.CHUNK + 10))
    path.write_bytes(whole[: header + full] + other.read_bytes()[header + full :])
    assert _refusal(path) is Problem.DAMAGED


def test_a_block_that_ends_by_an_error_leaves_nothing(tmp_path: Path) -> None:
    def break_off() -> None:
        with sealed_file.writing(tmp_path / "b", PHRASE, cost=COST) as writer:
            writer.write(b"x" * 2 * sealed_file.CHUNK)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(tmp_path.iterdir()) == []
    _write(tmp_path / "b", b"first")
    with pytest.raises(BackupFailed):
        _write(tmp_path / "b", b"second")
    assert _read(tmp_path / "b") == b"first"
