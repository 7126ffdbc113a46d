"""A gateway for the tests of this room: a real one in a thread, with real models."""

from __future__ import annotations

import http.client
import json
import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings

from .redis_servers import RedisServer

MODEL = "smollm2-135m"


def link_models(home: Path, shared: Path) -> Path:
    """A home with the shared one's model files, and a store of its own: keys and usage stay out."""
    home.mkdir(parents=True, exist_ok=True)
    for name in ("blobs", "sources", "models", "converted"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(shared / name)
    return home


@dataclass
class Answered:
    """A response, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of its events, but for the last word."""
        lines = [line[6:] for line in self.body.splitlines() if line.startswith(b"data: ")]
        return [json.loads(line) for line in lines if line != b"[DONE]"]


class Client:
    """Asks one gateway with one key."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self._place = urllib.parse.urlsplit(url).netloc

    def connection(self) -> http.client.HTTPConnection:
        """A connection to it."""
        return http.client.HTTPConnection(self._place, timeout=60)

    def request(
        self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> Answered:
        """One request; keywords are headers, with _ for -."""
        connection = self.connection()
        sent = {"authorization": f"Bearer {self.key if key is None else key}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = json.dumps(body)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answered(response.status, told, response.read())
        finally:
            connection.close()

    def chat(self, content: str = "Hello", **more: Any) -> Answered:
        """A chat with the default model."""
        key, said = more.pop("key", None), [{"role": "user", "content": content}]
        body = {"model": MODEL, "messages": said, **more}
        return self.request("POST", "/v1/chat/completions", body, key)


@pytest.fixture(scope="session")
def serving_home(shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the session's gateway, with the chat model and the embedder."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with settings.override(home=shared_home_path):
        for name in (MODEL, "minilm-l6-v2"):
            model_files(catalogue.find(name))
    return link_models(tmp_path_factory.mktemp("serving") / "home", shared_home_path)


@pytest.fixture(scope="session")
def gateway(serving_home: Path) -> Iterator[Any]:
    """A gateway with the default model, for all tests that only ask it."""
    from workbench.serving.server import serving

    made = serving()
    # Its thread takes the settings along; they must not stay set for the tests that follow.
    with settings.override(home=serving_home, threads=1):
        server = made.__enter__()
    yield server
    made.__exit__(None, None, None)


@contextmanager
def configured_gateway(folder: Path, shared_home: Path, config: str) -> Iterator[Client]:
    """A gateway with a ``workbench.toml`` of its own, in the home ``folder/home``."""
    from workbench.serving.server import serving

    file = folder / "workbench.toml"
    file.write_text(config, "utf-8")
    home = link_models(folder / "home", shared_home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_CONFIG", str(file))
        made = serving()
        with settings.override(home=home):
            server = made.__enter__()
        yield Client(server.url, server.key)
        made.__exit__(None, None, None)


@pytest.fixture
def client(gateway: Any, serving_home: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The owner's client; the test works in the gateway's home."""
    monkeypatch.setenv("WORKBENCH_HOME", str(serving_home))
    return Client(gateway.url, gateway.key)


@pytest.fixture(scope="session")
def redis_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all tests that do not harm it."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_server(redis_session: RedisServer) -> RedisServer:
    """The server, empty."""
    redis_session.ask("FLUSHALL")
    return redis_session


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that the test may harm."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()
