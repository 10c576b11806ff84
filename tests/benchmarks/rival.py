"""What others use for this: pyas2lib, in an environment of its own that is made when it is needed."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

_PROGRAM: Final = Path(__file__).with_name("as2.py")
# As published, oscrypto does not know versions of OpenSSL with two digits, and pyas2lib cannot be imported.
_PATTERN, _MENDED = r"\\d\\.\\d\\.\\d[a-z]*", r"\\d+\\.\\d+\\.\\d+[a-z]*"


def make_environment(directory: Path) -> Path:
    """Make a virtual environment with pyas2lib in `directory`; return its interpreter."""
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pyas2lib"])
    (package,) = directory.glob("lib/python*/site-packages/oscrypto/_openssl")
    for file in package.glob("_libcrypto_c*.py"):
        text = file.read_text(encoding="utf-8")
        if text.count(_PATTERN) != 1:
            raise RuntimeError(f"{file.name} is not as it was published")
        file.write_text(text.replace(_PATTERN, _MENDED), encoding="utf-8")
    return python


def version(python: Path) -> str:
    return _run([str(python), "-c", "from importlib.metadata import version; print(version('pyas2lib'))"]).strip()


def make_keys(directory: Path) -> None:
    """Make a key and a certificate of its own for each side: RSA with 2048 bits, AS2's usual."""
    directory.mkdir()
    for side in ("client", "server"):
        _make_side(directory, side)


def rate(python: Path, keys: Path, messages: int, size: int) -> float:
    """Return how many messages of `size` bytes a second go from one process to another."""
    with _serving(python, keys) as port:
        return float(_run([str(python), str(_PROGRAM), "client", str(keys), port, str(messages), str(size)]))


@contextmanager
def _serving(python: Path, keys: Path) -> Iterator[str]:
    server = subprocess.Popen(
        [str(python), str(_PROGRAM), "server", str(keys)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def _make_side(directory: Path, side: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, side)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    secret = BestAvailableEncryption(b"rehearsal")
    (directory / f"{side}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    (directory / f"{side}.crt").write_bytes(certificate.public_bytes(Encoding.PEM))


def _run(command: list[str]) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}")
    return done.stdout
