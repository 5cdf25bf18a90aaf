"""Messages written to a folder, for the demo and for trials: whole files, named after nobody."""

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from clinic_desk.domain.messaging import Answer, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.folder import FolderSender
from tests.support.outgoing import NOON, ROW, email, sms

ORIGIN = Origin("desk@clinic.example", "Mitte")


@pytest.fixture
def mails(tmp_path: Path) -> FolderSender:
    return FolderSender(Channel.EMAIL, tmp_path / "out", ORIGIN)


@pytest.fixture
def texts(tmp_path: Path) -> FolderSender:
    return FolderSender(Channel.SMS, tmp_path / "out", ORIGIN)


def test_an_e_mail_is_a_file_that_mail_programs_open(mails: FolderSender, tmp_path: Path) -> None:
    outcome = mails.send(email())
    assert outcome.answer is Answer.SENT
    mail = message_from_bytes((tmp_path / "out" / outcome.provider_id).read_bytes(), policy=policy.SMTP)
    assert (mail["To"], mail["Message-ID"]) == ("anna@example.org", f"<{ROW}@clinic.example>")
    assert "not sent" in outcome.reason


def test_an_sms_is_a_text_file(texts: FolderSender, tmp_path: Path) -> None:
    outcome = texts.send(sms(body="Grüße\nSTOP"))
    content = (tmp_path / "out" / outcome.provider_id).read_text("utf-8")
    assert content == "To: +493012345671\n\nGrüße\nSTOP\n"


def test_a_file_is_named_after_time_kind_and_row(mails: FolderSender, texts: FolderSender) -> None:
    assert mails.send(email()).provider_id == f"20310303T120000Z-confirmation-{ROW}.eml"
    assert texts.send(sms()).provider_id == f"20310303T120000Z-confirmation-{ROW}.txt"


def test_a_second_try_writes_no_second_file(mails: FolderSender, tmp_path: Path) -> None:
    mails.send(email())
    mails.send(email(attempt=2, sending_started_at=NOON + timedelta(minutes=5)))
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_message_is_found_when_its_file_is_there(mails: FolderSender) -> None:
    assert mails.find(email()).trace is Trace.ABSENT
    name = mails.send(email()).provider_id
    assert (mails.find(email()).trace, mails.find(email()).provider_id) == (Trace.FOUND, name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_this_user_reads_the_files(mails: FolderSender, tmp_path: Path) -> None:
    name = mails.send(email()).provider_id
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == 0o600


def test_a_crash_while_writing_leaves_no_half_message(
    mails: FolderSender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        mails.send(email())
    assert list((tmp_path / "out").glob("*.eml")) == []
    assert mails.find(email()).trace is Trace.ABSENT


def test_a_folder_that_cannot_be_written_to_stops_the_channel(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sender = FolderSender(Channel.EMAIL, tmp_path / "file" / "out", ORIGIN)
    assert [sender.send(email()).answer, sender.check().answer] == [Answer.CONFIGURATION] * 2


def test_a_full_disk_passes(mails: FolderSender, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert mails.send(email()).answer is Answer.TRANSIENT


@pytest.mark.parametrize("address", ["anna@example.org\nBcc: eve@evil.example", "a@b.org,c@d.org", ""])
def test_an_address_that_is_none_fails_as_it_would_when_sent(mails: FolderSender, address: str) -> None:
    assert mails.send(email(recipient=address)).answer is Answer.PERMANENT


def test_a_clinic_without_an_address_can_still_be_tried_out(tmp_path: Path) -> None:
    sender = FolderSender(Channel.EMAIL, tmp_path, Origin(""))
    assert sender.send(email()).answer is Answer.SENT


@pytest.mark.parametrize("make", [email, sms])
def test_checking_leaves_nothing_behind(
    mails: FolderSender, texts: FolderSender, tmp_path: Path, make: Callable[[], Any]
) -> None:
    sender = mails if make is email else texts
    assert sender.check().answer is Answer.SENT
    assert list((tmp_path / "out").iterdir()) == []
    assert sender.delivery("x") is None
    assert sender.heard(NOON) == ()
    sender.close()
