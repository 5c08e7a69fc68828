"""Certificates for https: somebody's own, or one made here for this machine."""

from __future__ import annotations

import ipaddress
import os
import ssl
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = timedelta(days=825)
_RENEWED_BEFORE = timedelta(days=30)
_ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificate:
    chain: Path
    key: Path
    authority: Path | None = None
    """What a client has to trust; None for a certificate that was brought along."""


def brought_along(chain: Path, key: Path) -> Certificate:
    """Return a certificate of one's own, or leave with a sentence that says why it cannot be used."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
    except OSError as error:
        sys.exit(f"The certificate {chain} with the key {key} cannot be used: {error.strerror or error}.")
    return Certificate(chain, key)


def made_here(folder: Path, host: str) -> Certificate:
    """Return the certificate in this folder, made anew when it is missing, old or for another host.

    It is signed by an authority made for it alone, whose key is thrown away.
    """
    made = Certificate(folder / "certificate.pem", folder / "key.pem", folder / "authority.pem")
    names = list(dict.fromkeys((*_ALWAYS_NAMED, host)))
    if not _is_good(made, names):
        folder.mkdir(parents=True, exist_ok=True)
        _make(made, names)
    return made


def _is_good(made: Certificate, names: list[str]) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(made.chain.read_bytes())
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.chain, made.key)
        named = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    is_fresh = kept.not_valid_after_utc > datetime.now(UTC) + _RENEWED_BEFORE
    return (
        is_fresh
        and made.authority is not None
        and made.authority.exists()
        and set(_named(names)) <= set(named)
    )


def _make(made: Certificate, names: list[str]) -> None:
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Simulated QuickBooks authority")
    root = _signed(_authority(issuer, authority_key), authority_key)
    leaf = _signed(_server(names, issuer, key, authority_key), authority_key)
    _write_secret(
        made.key,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    pem = serialization.Encoding.PEM
    made.chain.write_bytes(leaf.public_bytes(pem) + root.public_bytes(pem))
    assert made.authority is not None
    made.authority.write_bytes(root.public_bytes(pem))


def _authority(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        _begun(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )


def _server(
    names: list[str],
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _begun(_name("Simulated QuickBooks"), issuer, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_named(names)), critical=False)
        .add_extension(signer, critical=False)
    )


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(begun: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return begun.sign(key, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _named(names: list[str]) -> list[x509.GeneralName]:
    return [_general(name) for name in names]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_secret(file: Path, content: bytes) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
