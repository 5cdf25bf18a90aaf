"""Wrong passwords make a login wait longer each time, on this PC, whatever is started anew."""

from pathlib import Path

from clinic_desk.services.wrong_passwords import FORGOTTEN_S, FREE, LONGEST_S, note_right, note_wrong, wait_s

NOW = 1_900_000_000.0


def test_twenty_wrong_passwords_take_hours_and_only_of_the_login_that_was_wrong(tmp_path: Path) -> None:
    file, now = tmp_path / "new" / "sign-in.json", NOW
    waits = []
    for _ in range(20):
        waits.append(note_wrong(file, "karl", now))
        now += waits[-1]
        assert wait_s(file, "karl", now) == 0
    assert waits[:FREE] == [0, 0, 0]
    assert waits[FREE : FREE + 4] == [2, 4, 8, 16]
    assert waits[-1] == LONGEST_S
    assert sum(waits) > 2 * 3600
    assert wait_s(file, "julia", NOW) == 0


def test_a_right_password_or_a_day_begins_anew_and_a_clock_put_back_makes_nobody_wait_longer(tmp_path: Path) -> None:
    file = tmp_path / "sign-in.json"
    for _ in range(6):
        note_wrong(file, "karl", NOW)
    assert wait_s(file, "karl", NOW + 1) == 7
    assert wait_s(file, "karl", NOW - 10 * 24 * 3600) == 8
    assert note_wrong(file, "karl", NOW + FORGOTTEN_S + 1) == 0
    for _ in range(6):
        note_wrong(file, "karl", NOW)
    note_right(file, "karl")
    assert wait_s(file, "karl", NOW) == 0


def test_the_file_says_nothing_of_what_was_typed_and_one_that_is_broken_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "sign-in.json"
    note_wrong(file, "my secret passphrase", NOW)
    assert "secret" not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    for broken in ("", "[]", '{"salt": 1, "a": 2}', "{}"):
        file.write_text(broken, "utf-8")
        assert wait_s(file, "karl", NOW) == 0
        assert note_wrong(file, "karl", NOW) == 0
