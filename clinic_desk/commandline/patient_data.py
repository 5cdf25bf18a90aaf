"""`clinic-desk patient-data`: all data of one patient written to a file for her, or erased for good."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from clinic_desk.commandline.appointments import Answer, Work, patient_of
from clinic_desk.commandline.usage import Usage
from clinic_desk.commandline.values import identifier
from clinic_desk.domain.erasure import ErasePatient
from clinic_desk.errors import InvalidInput
from clinic_desk.services import erasure

if TYPE_CHECKING:
    from uuid import UUID


def patient_data(work: Work, arguments: argparse.Namespace) -> Answer:
    """Write or erase; without --yes only tell what erasing would take away. Raises Usage."""
    if arguments.what == "export":
        return _export(work, arguments)
    return _erase(work, _id(arguments.patient), sure=arguments.yes)


def _export(work: Work, arguments: argparse.Namespace) -> Answer:
    if arguments.file is None:
        raise Usage(field="file", expected="--file FILE, where the data goes")
    patient = patient_of(work, arguments.patient)
    try:
        count = erasure.write_person(
            work.database, patient.id, arguments.file, work.operation_id, overwrite=arguments.overwrite
        )
    except InvalidInput as error:
        raise Usage(field="file", expected=error.expected) from None
    document = {"patient": {"id": str(patient.id)}, "file": str(arguments.file), "entries": count}
    return Answer(document, (f"{count} entries: {arguments.file}",))


def _id(text: str) -> UUID:
    """Whom to erase is never found by a name."""
    try:
        return identifier(text)
    except argparse.ArgumentTypeError:
        raise Usage(field="patient", expected="the patient's id") from None


def _erase(work: Work, patient_id: UUID, *, sure: bool) -> Answer:
    seen = erasure.look_at_erasure(work.database, patient_id)
    if not sure:
        facts = asdict(seen)
        lines = [f"{name.replace('_', ' ')}: {value}" for name, value in facts.items() if name != "version"]
        document = {"patient": {"id": str(patient_id)}, "erased": False, "would": facts}
        return Answer(document, (*lines, "nothing was erased; there is no way back: add --yes to erase"))
    done = erasure.erase_patient(work.database, ErasePatient(patient_id, seen.version, work.operation_id))
    document = {"patient": {"id": str(patient_id)}, "erased": True, **asdict(done)}
    return Answer(document, (f"erased; copies to be deleted at the SMS provider: {done.copies}",))
