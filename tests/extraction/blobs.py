"""As much of Azure's Blob REST interface as a reader of one container asks for, on loopback."""

import hashlib
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT, CONTAINER = "devstoreaccount1", "deliveries"
LONG_AGO = formatdate(0, usegmt=True)


@dataclass
class Blobs:
    """The blobs of one container by name, served while it is started."""

    held: dict[str, bytes] = field(default_factory=dict)
    server: Any = None

    def start(self) -> str:
        """Serve on a free port of loopback, and return the endpoint."""
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"held": self.held})
        )
        return f"http://127.0.0.1:{self.server.server_port}/{ACCOUNT}"


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _listed(held: dict[str, bytes], prefix: str) -> bytes:
    """Return the answer to List Blobs: every name that begins with ``prefix``, on one page."""
    blobs = "".join(
        f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{LONG_AGO}</Last-Modified>"
        f"<Etag>{_etag(data)}</Etag><Content-Length>{len(data)}</Content-Length>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        for name, data in sorted(held.items())
        if name.startswith(prefix)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{CONTAINER}">'
        f"<Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    """One answer."""

    held: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        asked = parse_qs(url.query)
        name = unquote(url.path).removeprefix(f"/{ACCOUNT}/{CONTAINER}").removeprefix("/")
        if asked.get("comp") == ["list"]:
            self._send(200, _listed(self.held, asked.get("prefix", [""])[0]), "application/xml")
        elif name in self.held:
            self._send_blob(self.held[name])
        else:
            self._send(404, b"", "application/xml", **{"x-ms-error-code": "BlobNotFound"})

    def _send_blob(self, data: bytes) -> None:
        headers = {"ETag": f'"{_etag(data)}"', "x-ms-blob-type": "BlockBlob"}
        span = self.headers.get("x-ms-range") or self.headers.get("Range")
        if span is None or not data:
            self._send(200, data, "application/octet-stream", **headers)
            return
        first, _, last = span.removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last or len(data)) + 1]
        end = int(first) + len(part) - 1
        headers["Content-Range"] = f"bytes {first}-{end}/{len(data)}"
        self._send(206, part, "application/octet-stream", **headers)

    def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Last-Modified": LONG_AGO,
            "x-ms-version": "2021-08-06",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
