"""The clinic's own certificate authority, and the certificate of its server: made, judged, and made anew in time.

Keys are on the curve P-256. The authority is for this one server: its key stays on this PC, readable by its owner only.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

AUTHORITY_DAYS: Final = 3652
SERVER_DAYS: Final = 825
"""As long as systems take a server's certificate for good."""
RENEW_DAYS: Final = 90
"""So long before its end a server's certificate is made anew, when the server starts."""
_CLOCKS_APART: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its key, both PEM."""

    certificate: str
    key: str = field(repr=False)


def new_authority(name: str, now: datetime) -> Signed:
    """Return a new authority, called `name`."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"Clinic Desk authority of {name}")
    builder = (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return _signed(builder, key, key)


def new_server(authority: Signed, addresses: Iterable[str], now: datetime) -> Signed:
    """Return a certificate for a server of these names and IP addresses, signed by the authority, never beyond its end.

    What a server shows must hold the authority's certificate, too: see `chain`.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    root = x509.load_pem_x509_certificate(authority.certificate.encode())
    root_key = load_pem_private_key(authority.key.encode(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [_name(address) for address in dict.fromkeys(addresses)]
    days = min(SERVER_DAYS, (root.not_valid_after_utc - now).days)
    builder = (
        _builder(_subject("Clinic Desk server"), root.subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
    )
    return _signed(builder, key, root_key)


def chain(server: Signed, authority: Signed) -> str:
    """Return what the server shows: its certificate and its authority's, by which other PCs learn the latter."""
    return server.certificate + authority.certificate


def fingerprint(pem: str) -> bytes:
    """Return the SHA-256 of the first certificate in a PEM text."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256())


def ends(pem: str) -> datetime:
    """Return when the first certificate in a PEM text ends."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc


def is_due(pem: str, addresses: Iterable[str], now: datetime) -> bool:
    """Whether a server's certificate should be made anew: it ends soon, or lacks one of these names or addresses."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(pem.encode())
    known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    lacks = any(_name(address) not in known for address in addresses)
    return lacks or certificate.not_valid_after_utc - now < timedelta(days=RENEW_DAYS)


def as_authority(der: bytes) -> str | None:
    """Return a certificate as PEM if it is one of an authority that signed itself, else None."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(certificate)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return None
    return certificate.public_bytes(Encoding.PEM).decode() if constraints.ca else None


def addresses_of_this_pc() -> tuple[str, ...]:
    """Return the names and IP addresses by which others may reach this PC, the best first: a name lasts, and an
    address that a router gave may change.
    """
    import psutil

    name = socket.gethostname()
    names = [name] if name and name != "localhost" else []
    found = [
        each.address for cards in psutil.net_if_addrs().values() for each in cards if each.family == socket.AF_INET
    ]
    usable = [address for address in found if not _is_of_no_use(address)]
    return tuple(dict.fromkeys([*usable[:1], *names, *usable[1:]]))


def _is_of_no_use(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified


def _subject(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _name(address: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address.encode("idna").decode())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _CLOCKS_APART)  # another PC's clock may be behind
        .not_valid_after(now.astimezone(UTC) + timedelta(days=days))
    )


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
) -> Signed:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    certificate = builder.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return Signed(certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
