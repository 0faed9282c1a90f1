"""A site that speaks as much of Hugging Face's language as a download needs, on this computer.

It can misbehave: break off in the middle, refuse, or send other bytes than it states.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Site:
    """Attributes:
    files: path → content, of the one repository `name`.
    licence: in its model card, or "".
    large: endings of files that are stored beside git, with a SHA-256.
    breaks: bytes after which connections for a path break off, one after the other.
    pauses: bytes of a path after which nothing comes until `go_on` is set.
    refuse: status and error code that answer every question, or None.
    ranges: whether it heeds them.
    stated: what the repository says of a path, where it is not what is sent.
    asked: paths of files that were asked for, with the first byte.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    name: str = "owner/name"
    licence: str = "apache-2.0"
    large: tuple[str, ...] = (".safetensors",)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    pauses: dict[str, int] = field(default_factory=dict)
    go_on: threading.Event = field(default_factory=threading.Event)
    refuse: tuple[int, str] | None = None
    ranges: bool = True
    stated: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    address: str = ""

    def hold(self, folder: Path) -> Site:
        """Offer the files of a folder."""
        for path in folder.rglob("*"):
            if path.is_file():
                self.files[path.relative_to(folder).as_posix()] = path.read_bytes()
        return self

    def info(self) -> dict[str, object]:
        """The repository as the site's interface describes it."""
        return {
            "id": self.name,
            "sha": COMMIT,
            "cardData": {"license": self.licence} if self.licence else None,
            "siblings": [self._sibling(path) for path in self.files],
            "tags": [],
            "private": False,
            "downloads": 0,
            "likes": 0,
        }

    def _sibling(self, path: str) -> dict[str, object]:
        content = self.stated.get(path, self.files[path])
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        known: dict[str, object] = {"rfilename": path, "size": len(content), "blobId": git}
        if path.endswith(self.large):
            sha256 = hashlib.sha256(content).hexdigest()
            known["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
        return known


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """The site, reachable under its `address`."""

    class Handler(_Handler):
        offered = site

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        site.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    offered: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site = self.offered
        if site.refuse is not None:
            status, code = site.refuse
            self._answer(status, b"{}", {"X-Error-Code": code} if code else {})
        elif self.path.startswith(f"/api/models/{site.name}"):
            self._describe()
        elif self.path.startswith(f"/{site.name}/resolve/"):
            self._send(self.path.split("/resolve/")[1].partition("/")[2])
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _describe(self) -> None:
        revision = self.path.partition("?")[0].partition("/revision/")[2]
        if revision not in ("", "main", COMMIT):
            self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        else:
            self._answer(200, json.dumps(self.offered.info()).encode())

    def _send(self, path: str) -> None:
        site = self.offered
        if path not in site.files:
            self._answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})
            return
        content, begin = site.files[path], 0
        if site.ranges and "Range" in self.headers:
            begin = int(self.headers["Range"].removeprefix("bytes=").partition("-")[0])
        site.asked.append((path, begin))
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        breaks = site.breaks.get(path)
        end = begin + breaks.pop(0) if breaks else len(content)
        pause = max(begin, site.pauses.get(path, begin))
        self.wfile.write(content[begin:pause])
        if pause > begin:
            self.wfile.flush()
            site.go_on.wait(20)
        self.wfile.write(content[pause:end])
        self.close_connection = end < len(content)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The tests are quiet."""
