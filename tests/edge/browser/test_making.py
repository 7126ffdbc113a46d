"""A page's files say what they are, none names another machine, and bad input is named."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from pathlib import Path

import pytest

from workbench import edge
from workbench.core import settings
from workbench.core.errors import (
    CapabilityError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.edge.browser.answering import describe_decoder, plain_tokenizer
from workbench.edge.browser.building import SITE
from workbench.edge.browser.packages import RUNTIME, TOKENIZERS
from workbench.edge.browser.passages import read_passages, whole
from workbench.edge.device.policy import Policy
from workbench.models.formats.tiny import make_tiny_folder
from workbench.store.text_index import TextIndex

from .made_pages import TOWN, served, write_index

ELSEWHERE = re.compile(r"https?://(?!127\.0\.0\.1)")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return write_index(tmp_path / "town.sqlite")


def test_the_pages_own_files_name_no_other_place_and_begin_with_their_policy() -> None:
    for path in SITE.iterdir():
        assert not ELSEWHERE.search(path.read_text()), path.name
    head = (SITE / "index.html").read_text()
    assert "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" in head
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son\w+=", head)


def test_passages_come_back_as_they_went_in(index: Path, tmp_path: Path) -> None:
    found = read_passages(index)
    assert [(each.title, each.text) for each in found] == list(TOWN)
    assert whole(found[0]).startswith("Ferry: The ferry to Tarn")
    assert whole(found[6]) == TOWN[6][1]
    with pytest.raises(NotFoundError, match="there is no text index"):
        read_passages(tmp_path / "none.sqlite")
    (tmp_path / "no.sqlite").write_bytes(b"no database, but long enough to be looked at" * 9)
    with pytest.raises(InputError, match="cannot be read"):
        read_passages(tmp_path / "no.sqlite")
    TextIndex.build(tmp_path / "empty.sqlite", passages=[], stamp="1")
    with pytest.raises(InputError, match="has 0 passages"):
        read_passages(tmp_path / "empty.sqlite")


def test_a_prompt_is_what_stands_around_a_question(tmp_path: Path) -> None:
    folder = make_tiny_folder(tmp_path / "tiny")
    policy = Policy(system="Be brief.", max_tokens=9)
    said = describe_decoder(folder, policy, name="tiny", template=None, context_tokens=99)
    assert (said["maxTokens"], said["contextTokens"], said["temperature"]) == (9, 99, 0.0)
    assert len(said["before"]) > 4 and said["after"]
    assert set(said["ends"]) <= set(said["control"])
    assert not any(t["special"] for t in plain_tokenizer(folder)["added_tokens"])
    for template in (
        "{{ messages[0].content | upper }}",
        "{{ messages[0].content | length }} {{ messages[0].content }}",
    ):
        with pytest.raises(CapabilityError, match="not of the form that a page can write"):
            describe_decoder(folder, Policy(), name="tiny", template=template, context_tokens=99)


def test_the_door_shows_the_folder_alone_and_to_this_machine_alone(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("here")
    (tmp_path / "secret").write_text("not here")
    with served(folder) as door:
        port = door.server_address[1]

        def get(path: str, host: str = "localhost") -> tuple[int, bytes, str | None]:
            line = http.client.HTTPConnection("127.0.0.1", port)
            line.request("GET", path, headers={"Host": f"{host}:{port}"})
            answer = line.getresponse()
            policy = answer.getheader("Content-Security-Policy")
            found = (answer.status, answer.read(), policy)
            line.close()
            return found

        status, body, policy = get("/")
        assert (status, body) == (200, b"here")
        assert policy is not None and policy.startswith("default-src 'self'")
        assert get("/../secret")[0] == get("/%2e%2e/secret")[0] == get("/none")[0] == 404
        assert get("/", host="elsewhere.example")[0] == 403


def test_bad_input_is_named_before_anything_is_made(index: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    with pytest.raises(NotFoundError):
        edge.page("no-such-model", out=out)
    with pytest.raises(InputError, match="there are none to find"):
        edge.page("minilm-l6-v2", out=out)
    (tmp_path / "no.bundle").write_bytes(b"PK\x03\x04 and then nothing of a bundle" * 20)
    with pytest.raises((InputError, IntegrityError)):
        edge.page(str(tmp_path / "no.bundle"), out=out)
    with pytest.raises(InputError, match="brings its own passages"):
        edge.page(str(tmp_path / "no.bundle"), out=out, index=index)
    assert not out.exists()
    out.mkdir()
    with pytest.raises(ConflictError, match="is there already"):
        edge.page("minilm-l6-v2", out=out, index=index)
    with served(tmp_path) as door, pytest.raises(ConflictError, match="cannot be opened"):
        edge.page("minilm-l6-v2", index=index, port=door.server_address[1])


@pytest.mark.model
@pytest.mark.slow
def test_a_page_is_made_of_a_bundle_whole_or_not_at_all(
    index: Path, tmp_path: Path, shared_home_path: Path
) -> None:
    bundle, out = tmp_path / "town.bundle", tmp_path / "page"
    policy = {"system": "Say where it stands.", "max_tokens": 40, "passages": 2}
    with settings.override(home=shared_home_path, threads=1):
        edge.bundle("town", out=bundle, model="smollm2-135m", index=index, policy=policy)
        made = edge.page(str(bundle), out=out)
        assert made is not None
        assert (made.name, made.passages, made.searches_with) == ("town", 8, "minilm-l6-v2")
        assert "onnxruntime-web 1.30.0: MIT" in made.licenses
        content = bytearray(bundle.read_bytes())
        content[len(content) // 2] ^= 4
        bundle.write_bytes(content)
        with pytest.raises(IntegrityError):
            edge.page(str(bundle), out=tmp_path / "other")
    assert not (tmp_path / "other").exists()
    assert not list((shared_home_path / "pages").glob(".parts-*"))
    said = json.loads((out / "page.json").read_text())
    assert (said["answer"]["maxTokens"], said["answer"]["passages"]) == (40, 2)
    assert said["about"][0].startswith("Bundle town 1, signed by")
    for name, told in said["files"].items():
        content = (out / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == told["sha256"], name
    pinned = {file.name: file.sha256 for source in (RUNTIME, TOKENIZERS) for file in source.files}
    assert {n: said["files"][f"runtime/{n}"]["sha256"] for n in pinned} == pinned
    assert set(said["shell"]) <= {*said["files"], "page.json"}
