"""The encrypted file of a backup: written whole or not at all, read without ever trusting a byte that was changed.

Format 1. A header, then chunks until one that says it is the last:

    header   "CDBACKUP" (8 bytes), format (1), log2 of scrypt's n (1), scrypt's r (1) and p (1), salt (16),
             nonce prefix (7), key check (8): 43 bytes
    chunk    length of the ciphertext (4 bytes, big-endian), ciphertext with its tag (AES-256-GCM)

The passphrase (Unicode NFC, UTF-8) and the salt give 32 bytes by scrypt (RFC 7914), and these by HKDF-SHA-256 the
encryption key and the key check, which tells a wrong passphrase from a damaged file. The nonce of a chunk is the
prefix, its number (4 bytes, from 0) and 1 for the last one, else 0: the STREAM construction (Hoang, Reyhanitabar,
Rogaway, Vizár 2015), by which chunks that are missing, doubled, in another order or from another file, and a file that
was cut off, do not decrypt. The header is the associated data of every chunk. Nothing may follow the last chunk.

The contents: the length of the manifest (4 bytes), the manifest (JSON, `manifest.py`), and pg_dump's custom format.
"""

from __future__ import annotations

import errno
import os
import secrets
import unicodedata
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem
from clinic_desk.connection_file import settle
from clinic_desk.domain.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC: Final = b"CDBACKUP"
FORMAT: Final = 1
CHUNK: Final = 256 * 1024
COST: Final = 17
"""log2 of scrypt's n: 128 MiB and half a second for each guess (OWASP's first choice)."""
_MOST_COST: Final = 20
_SALT: Final = 16
_PREFIX: Final = 7
_CHECK: Final = 8
_HEADER: Final = len(MAGIC) + 4 + _SALT + _PREFIX + _CHECK
_TAG: Final = 16
_MOST_CHUNKS: Final = 2**32
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PART: Final = ".part"
"""The end of the name of a file that is being written."""


class Writer:
    """Encrypts what is written to it, chunk by chunk."""

    def __init__(self, file: BinaryIO, passphrase: str, cost: int) -> None:
        salt, self._prefix = secrets.token_bytes(_SALT), secrets.token_bytes(_PREFIX)
        start = MAGIC + bytes((FORMAT, cost, 8, 1)) + salt + self._prefix
        self._cipher, check = _keys(passphrase, salt, cost, 8, 1)
        self._header = start + check
        self._file = file
        self._held = bytearray()
        self._number = 0
        file.write(self._header)

    def write(self, data: bytes) -> None:
        """Take some bytes. Raises OSError."""
        self._held += data
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def finish(self) -> None:
        """Write the last chunk. Raises OSError."""
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, data: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._prefix, self._number, last=last), data, self._header)
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


class Reader:
    """Decrypts a file from its start to its end; whatever was changed raises NotUsable(damaged)."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        header = file.read(_HEADER)
        if header[: len(MAGIC)] != MAGIC:
            raise NotUsable(Problem.NOT_A_BACKUP)
        if len(header) > len(MAGIC) and header[len(MAGIC)] > FORMAT:
            raise NotUsable(Problem.NEWER)
        cost, r, p = header[len(MAGIC) + 1 : len(MAGIC) + 4] if len(header) == _HEADER else (0, 0, 0)
        if not 1 <= cost <= _MOST_COST or r != 8 or p != 1:
            raise NotUsable(Problem.DAMAGED)
        at = len(MAGIC) + 4
        salt, self._prefix, check = header[at : at + _SALT], header[at + _SALT : -_CHECK], header[-_CHECK:]
        self._cipher, expected = _keys(passphrase, salt, cost, r, p)
        if not secrets.compare_digest(check, expected):
            raise NotUsable(Problem.WRONG_PASSPHRASE)
        self._header = header
        self._file = file
        self._number = 0
        self._ended = False
        self._left = b""

    def chunks(self) -> Iterator[bytes]:
        """Yield the rest of the contents, each piece proven; ends only after the chunk that says it is the last."""
        if self._left:
            left, self._left = self._left, b""
            yield left
        while not self._ended:
            yield self._next()

    def exactly(self, size: int) -> bytes:
        """Return so many bytes of the contents. Raises NotUsable(damaged) if there are fewer."""
        while len(self._left) < size:
            if self._ended:
                raise NotUsable(Problem.DAMAGED)
            self._left += self._next()
        found, self._left = self._left[:size], self._left[size:]
        return found

    def _next(self) -> bytes:
        from cryptography.exceptions import InvalidTag

        length = int.from_bytes(self._file.read(4), "big")
        sealed = self._file.read(length) if _TAG <= length <= CHUNK + _TAG else b""
        if not sealed or len(sealed) != length:
            raise NotUsable(Problem.DAMAGED)
        # the last is the one that nothing follows: should something follow, it will not decrypt as the last
        last = not self._file.read(1)
        if not last:
            self._file.seek(-1, os.SEEK_CUR)
        try:
            data = self._cipher.decrypt(_nonce(self._prefix, self._number, last=last), sealed, self._header)
        except InvalidTag:
            raise NotUsable(Problem.DAMAGED) from None
        self._number += 1
        self._ended = last
        return bytes(data)


@contextmanager
def writing(path: Path, passphrase: str, *, cost: int = COST) -> Iterator[Writer]:
    """Write a backup to `path`: 0600, under a temporary name until the block ends without an error.

    Raises BackupFailed: folder, disk-full. Nothing is left then.
    """
    draft = path.with_name(f".{path.name}.{new_id().hex}{PART}")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "wb", buffering=0) as file:
            writer = Writer(_Whole(file), passphrase, cost)  # type: ignore[arg-type]  # it only writes
            yield writer
            writer.finish()
            os.fsync(file.fileno())
        name(draft, path)
    except OSError as error:
        code = Problem.DISK_FULL if error.errno in _FULL else Problem.FOLDER
        raise BackupFailed(code, error.strerror or "") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def name(draft: Path, path: Path) -> None:
    """Give a file that is whole its name, and have that on the disk. Raises BackupFailed(folder), OSError."""
    if path.exists():
        raise BackupFailed(Problem.FOLDER, "a file of this name is there already")
    draft.rename(path)
    settle(path.parent)


@contextmanager
def reading(path: Path, passphrase: str) -> Iterator[Reader]:
    """Read a backup. Raises NotUsable, and BackupFailed(folder) if the file cannot be opened."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupFailed(Problem.FOLDER, error.strerror or "") from error
    with file:
        yield Reader(file, passphrase)


class _Whole:
    """Writes all of what it is given: a raw file may take less, and says so only by a number."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number >= _MOST_CHUNKS:
        raise BackupFailed(Problem.DUMP, "more than a petabyte")
    return prefix + number.to_bytes(4, "big") + bytes((last,))


def _keys(passphrase: str, salt: bytes, cost: int, r: int, p: int) -> tuple[Any, bytes]:
    """Return the cipher and the key check."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    known = unicodedata.normalize("NFC", passphrase).encode()
    root = Scrypt(salt=salt, length=32, n=2**cost, r=r, p=p).derive(known)
    both = HKDF(SHA256(), 32 + _CHECK, salt=None, info=b"clinic-desk backup 1").derive(root)
    return AESGCM(both[:32]), both[32:]
