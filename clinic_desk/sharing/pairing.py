"""The pairing text: what another PC needs to join, in letters that can be read aloud, with a check in every group.

    K7Q2MT-9FHX0A-…    groups of five letters and one that checks them, in Crockford's alphabet (no I, L, O, U)

It holds the addresses, port, database, the fingerprint of the authority that the server's certificate is signed by, and
a secret that is good once. What is made of the secret for the server (a login and its password) says nothing about what
is made of it for the two PCs alone: the key that the clinic key is sealed with on its way. A mistyped letter, and two
that changed places, are always found and told by group; a check sum of the whole finds what is left.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import struct
from dataclasses import dataclass, field
from typing import Final

from clinic_desk.sharing.plans import DATABASE, Pairing, SharingError, Trouble

FINGERPRINT_BYTES: Final = 16
"""Of SHA-256. To make another authority with the same ones takes 2^128 tries."""
SECRET_BYTES: Final = 10
_FORMAT: Final = 2
"""1 was of a secret that the server was told as it is."""
_STRETCH: Final = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 32}
"""32 MB and a tenth of a second for each guess, besides the 2^80 guesses."""
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("OIL", "011")
_GROUP: Final = 5
_SUM_BYTES: Final = 2
_MOST_ADDRESSES: Final = 3
_IPV4, _IPV6, _NAME = range(3)


def pairing_text(pairing: Pairing) -> str:
    """Return it in groups with dashes between. Of several addresses the first three are in it.

    Raises ValueError for a name of more than 63 characters.
    """
    return _grouped(_packed(pairing))


def read_pairing(text: str) -> Pairing:
    """Return what a text says, however it was typed: small letters, blanks, line ends, O for 0, I and L for 1.

    Raises SharingError: pairing-mistyped (`detail`: the number of the group, if it is known), -cut-off, -newer, -older.
    """
    letters = re.sub(r"[\s\-–—_.]", "", text).upper().translate(_READ_AS)
    if not letters:
        raise SharingError(Trouble.PAIRING_CUT_OFF, "The pairing text is empty.")
    numbers = _checked(letters)
    bits = 0
    for number in numbers:
        bits = bits << 5 | number
    spare = 5 * len(numbers) % 8
    data = (bits >> spare).to_bytes(5 * len(numbers) // 8, "big")
    length = data[0] if data else 0
    if len(data) < length + 1:
        raise SharingError(Trouble.PAIRING_CUT_OFF, "The pairing text is not whole: its end is missing.")
    body, told = data[1 : length + 1 - _SUM_BYTES], data[length + 1 - _SUM_BYTES : length + 1]
    if _sum(body) != told:
        raise SharingError(
            Trouble.PAIRING_MISTYPED, "There is a mistake in the pairing text. Compare it with the other PC."
        )
    return _unpacked(body)


@dataclass(frozen=True, slots=True)
class OneTime:
    """What is made of a secret: how the server lets the PC in, and what it never learns."""

    login: str
    password: str = field(repr=False)
    sealing_key: bytes = field(repr=False)


def one_time(secret: bytes) -> OneTime:
    """Return what a pairing's secret stands for. Takes a tenth of a second: not on the GUI thread."""
    stretched = hashlib.scrypt(secret, salt=b"clinic-desk pairing", **_STRETCH)

    def part(label: bytes) -> bytes:  # HKDF's second half (RFC 5869), of one block
        return hmac.digest(stretched, b"clinic-desk " + label + b"\1", "sha256")

    return OneTime("join_" + part(b"login").hex()[:16], part(b"password").hex(), part(b"clinic key"))


# --- letters ----------------------------------------------------------------------------------------------------------


def _grouped(data: bytes) -> str:
    framed = bytes([len(data)]) + data
    count = -(-len(framed) * 8 // 5)
    bits = int.from_bytes(framed, "big") << (count * 5 - len(framed) * 8)
    numbers = [bits >> 5 * (count - 1 - at) & 31 for at in range(count)]
    numbers += [0] * (-len(numbers) % _GROUP)
    groups = [numbers[at : at + _GROUP] for at in range(0, len(numbers), _GROUP)]
    return "-".join(
        "".join(_ALPHABET[number] for number in (*group, _check(group, at))) for at, group in enumerate(groups)
    )


def _checked(letters: str) -> list[int]:
    """The numbers of the letters, without those that check. Raises SharingError."""
    numbers: list[int] = []
    for at in range(0, len(letters), _GROUP + 1):
        group = letters[at : at + _GROUP + 1]
        place = at // (_GROUP + 1)
        if any(letter not in _ALPHABET for letter in group):
            raise _mistyped(place, group)
        values = [_ALPHABET.index(letter) for letter in group]
        if len(group) <= _GROUP:
            message = "The pairing text is not whole: a letter, or its end, is missing."
            raise SharingError(Trouble.PAIRING_CUT_OFF, message)
        if _check(values[:-1], place) != values[-1]:
            raise _mistyped(place, group)
        numbers += values[:-1]
    return numbers


def _mistyped(place: int, group: str) -> SharingError:
    message = (
        f"There is a mistake in group {place + 1} of the pairing text ({group}), or one letter too many before it."
    )
    return SharingError(Trouble.PAIRING_MISTYPED, message, str(place + 1))


def _check(group: list[int], place: int) -> int:
    """A check number that any one other letter, any two that changed places, and a group's other place all change."""
    value = place % 32
    for number in group:
        value = _doubled(value) ^ number
    return _doubled(value)


def _doubled(value: int) -> int:
    """Twice a number of the field of 32 elements, by x^5 + x^2 + 1."""
    return value << 1 ^ (0x25 if value & 16 else 0)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _packed(pairing: Pairing) -> bytes:
    database = b"" if pairing.database == DATABASE else pairing.database.encode()
    addresses = [_packed_address(address) for address in pairing.addresses[:_MOST_ADDRESSES]]
    head = struct.pack("!BBH", _FORMAT, len(addresses), pairing.port)
    fixed = pairing.fingerprint[:FINGERPRINT_BYTES] + pairing.secret
    body = head + fixed + b"".join(addresses) + bytes([len(database)]) + database
    return body + _sum(body)


def _packed_address(address: str) -> bytes:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        name = address.encode("idna")
        return bytes([_NAME, len(name)]) + name
    return bytes([_IPV4 if ip.version == 4 else _IPV6]) + ip.packed


def _unpacked(body: bytes) -> Pairing:
    if body[:1] < bytes([_FORMAT]):
        message = "The pairing text was made by an older Clinic Desk: update the one that made it."
        raise SharingError(Trouble.PAIRING_OLDER, message)
    if body[:1] != bytes([_FORMAT]):
        message = "The pairing text was made by a newer Clinic Desk: update this one."
        raise SharingError(Trouble.PAIRING_NEWER, message)
    _, count, port = struct.unpack_from("!BBH", body)
    at = 4
    fingerprint, secret = body[at : at + FINGERPRINT_BYTES], body[at + FINGERPRINT_BYTES :][:SECRET_BYTES]
    at += FINGERPRINT_BYTES + SECRET_BYTES
    addresses = []
    for _ in range(count):
        kind, at = body[at], at + 1
        length = {_IPV4: 4, _IPV6: 16}.get(kind, body[at])
        at += kind == _NAME
        part = body[at : at + length]
        addresses.append(part.decode("idna") if kind == _NAME else str(ipaddress.ip_address(part)))
        at += length
    database = body[at + 1 : at + 1 + body[at]].decode() or DATABASE
    return Pairing(tuple(addresses), port, fingerprint, secret, database)


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(b"clinic-desk pairing " + body).digest()[:_SUM_BYTES]
