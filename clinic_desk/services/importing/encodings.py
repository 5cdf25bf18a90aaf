"""In which encoding a text file is written: told by its mark or by its bytes, all of which are looked at."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from clinic_desk.errors import InvalidInput

ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252", "iso-8859-15", "cp850", "mac-roman")
"""What may be chosen; the first three are recognised by themselves."""
_BLOCK: Final = 1 << 20
_SAMPLE: Final = 4096
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPREADSHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def encoding_of(path: Path, chosen: str | None = None) -> str:
    """Return the name of the codec that reads the whole file. Raises InvalidInput of the field file or encoding."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    if start.startswith(_SPREADSHEETS):
        raise InvalidInput(field="file", expected="a CSV or iCalendar file; save the spreadsheet as CSV first")
    candidates = [_codec(chosen, start)] if chosen is not None else _candidates(start)
    for codec in candidates:
        if _reads(path, codec):
            return codec
    field, what = ("encoding", "another one") if chosen else ("file", "text in UTF-8, UTF-16 or Windows-1252")
    raise InvalidInput(field=field, expected=f"{what}: this file cannot be read so")


def _codec(chosen: str, start: bytes) -> str:
    if chosen not in ENCODINGS:
        raise InvalidInput(field="encoding", expected=f"one of {', '.join(ENCODINGS)}")
    if chosen == "utf-8":
        return "utf-8-sig"
    if chosen == "utf-16" and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _unmarked_utf16(start) or "utf-16-le"
    return {"windows-1252": "cp1252"}.get(chosen, chosen)


def _candidates(start: bytes) -> list[str]:
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return [codec] if codec else []
    wide = _unmarked_utf16(start)
    return [wide] if wide else ["utf-8", "cp1252"]


def _unmarked_utf16(start: bytes) -> str | None:
    """Letters of the Latin script have a NUL as their other byte; no other text file has any."""
    half = len(start) // 2
    if start[1::2].count(0) > 0.3 * half:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > 0.3 * half else None


def _reads(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if "\0" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
