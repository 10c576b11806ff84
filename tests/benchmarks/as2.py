"""One side of an exchange by AS2 (RFC 4130) with pyas2lib, over mutual TLS; run in the environment of `rival`.

`python as2.py server DIR` answers each message with a signed receipt (MDN) and stores nothing.
`python as2.py client DIR PORT COUNT SIZE` sends COUNT messages of SIZE bytes, signed and encrypted, in 4 threads, and
prints how many a second.
"""

import http.client
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, Final

THREADS: Final = 4
_SIDES: Final = ("client", "server")


def parties(directory: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both sides by name, each as the organization that it is and as the partner that the other sees."""
    from pyas2lib import Organization, Partner  # type: ignore[import-not-found]  # It lives in its own environment.

    organizations, partners = {}, {}
    for side in _SIDES:
        key, certificate = ((directory / f"{side}.{end}").read_bytes() for end in ("key", "crt"))
        both = key + certificate
        organizations[side] = Organization(
            side, sign_key=both, sign_key_pass="rehearsal", decrypt_key=both, decrypt_key_pass="rehearsal"
        )
        partners[side] = Partner(
            side,
            verify_cert=certificate,
            encrypt_cert=certificate,
            sign=True,
            encrypt=True,
            enc_alg="aes_256_cbc",
            mdn_mode="SYNC",
            mdn_digest_alg="sha256",
        )
    return organizations, partners


def context(directory: Path, side: str) -> ssl.SSLContext:
    other = _SIDES[1 - _SIDES.index(side)]
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(directory / f"{other}.crt")
    made.load_cert_chain(directory / f"{side}.crt", directory / f"{side}.key", "rehearsal")
    return made


def serve(directory: Path) -> None:
    from pyas2lib import Message

    organizations, partners = parties(directory)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received = Message()
            status, _, mdn = received.parse(
                bytes(self.headers) + body, find_org_cb=organizations.get, find_partner_cb=partners.get
            )
            self.send_response(200 if status == "processed" else 500)
            for name, value in mdn.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(mdn.content)))
            self.end_headers()
            self.wfile.write(mdn.content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context(directory, "server").wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


def send(directory: Path, port: int, number: int, size: int) -> float:
    """Return how many messages a second were sent, received, and their receipts verified."""
    organizations, partners = parties(directory)
    upcoming, content = count(), b"x" * size
    failures: list[str] = []

    def work() -> None:
        line = http.client.HTTPSConnection("127.0.0.1", port, context=context(directory, "client"))
        while next(upcoming) < number:
            status = _exchange(line, organizations["client"], partners["server"], content)
            if status != "processed":
                failures.append(status)
        line.close()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise RuntimeError(f"{len(failures)} messages were not processed, the first: {failures[0]}")
    return number / seconds


def _exchange(line: http.client.HTTPSConnection, sender: Any, receiver: Any, content: bytes) -> str:
    from pyas2lib import Mdn, Message

    message = Message(sender=sender, receiver=receiver)
    message.build(content, content_type="application/json")
    line.request(
        "POST", "/", message.content, {name: value.replace("\n", "") for name, value in message.headers.items()}
    )
    with line.getresponse() as answer:
        raw = bytes(answer.msg) + answer.read()
    status, detail = Mdn().parse(raw, lambda _id, _recipient: message)
    return str(status if detail is None else f"{status}: {detail}")


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve(Path(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(send(Path(sys.argv[2]), *map(int, sys.argv[3:]))))
