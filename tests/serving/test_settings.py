"""The gateway's tables of ``workbench.toml``: what they may hold, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import ConfigError
from workbench.serving.settings import ServingSettings, read_settings

WHOLE = """
[serving]
load_at_start = []
allowed_hosts = ["lab.example"]
max_body_bytes = 5000

[upstreams.hosted]
url = "https://models.example/v1/"
key_file = "~/hosted.key"
models = { large = "vendor-large" }
weight = 2.5

[upstreams.near]
url = "http://127.0.0.1:9/v1"
models = ["large", "small"]

[fallback]
large = ["smollm2-135m"]
"""


def read(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServingSettings:
    path = tmp_path / "workbench.toml"
    path.write_text(text)
    monkeypatch.setenv("WORKBENCH_CONFIG", str(path))
    return read_settings()


def test_nothing_set_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("", tmp_path, monkeypatch) == ServingSettings()


def test_what_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(WHOLE, tmp_path, monkeypatch)
    assert found.load_at_start == ()
    assert found.allowed_hosts == ("lab.example",)
    assert found.max_body_bytes == 5000
    hosted, near = found.upstreams["hosted"], found.upstreams["near"]
    assert hosted.url == "https://models.example/v1"
    assert hosted.key_file == Path("~/hosted.key").expanduser()
    assert hosted.models == {"large": "vendor-large"} and hosted.weight == 2.5
    assert near.models == {"large": "large", "small": "small"}
    assert found.fallback == {"large": ("smollm2-135m",)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[serving]\nallow_hosts = []",
            r"\[serving\].*allow_hosts: there is no such key; did you mean 'allowed_hosts'\?",
        ),
        ("[serving]\nmax_body_bytes = '5'", "max_body_bytes"),
        ("[serving]\nmax_body_bytes = 5", "max_body_bytes.*1024"),
        ("serving = 5", "setting.*serving"),
        ("[upstreams.a]\nmodels = ['x']", r"\[upstreams.a\].*url is missing"),
        ("[upstreams.a]\nurl = 'http://a/v1'", "models is missing"),
        ("[upstreams.a]\nurl = 'ftp://a'\nmodels = ['x']", "must begin with http"),
        ("[upstreams.a]\nurl = 'http://a/v1'\nmodels = 5", "models"),
        ("[upstreams.a]\nurl = 'http://a/v1'\nmodels = ['x']\nkey = 'secret'", "key"),
        ("[upstreams.a]\nurl = 'http://a'\nmodels = ['x']\nweight = -1.0", "weight"),
        ("[upstreams.local]\nurl = 'http://a'\nmodels = ['x']", "cannot be an upstream's name"),
        ("[upstreams.a]\nurl = 'http://a'\nmodels = ['x']\nkey_file = 'a'\nkey_env = 'b'", "both"),
        ("[fallback]\nlarge = 'small'", "large: it must be a list"),
        ("[fallback]\nlarge = []", "at least one"),
        ("[fallback]\nlarge = ['large']", "names itself"),
        ("[upstreams]\na = 5", r"upstreams.a"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_told_by_its_key(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises((ConfigError, LookupError), match=said):
        read(text, tmp_path, monkeypatch)


def test_a_key_in_the_file_is_not_repeated_by_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[upstreams.a]\nurl = 'http://a/v1'\nmodels = ['x']\nkey = 'sk-secret'"
    with pytest.raises(ConfigError) as caught:
        read(text, tmp_path, monkeypatch)
    assert "sk-secret" not in caught.value.message


def test_a_price_stands_with_the_model_or_in_the_gateways_own_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "[models.near]\ncompletion_usd_per_million_tokens = 1\n"
        "[models.both]\ncompletion_usd_per_million_tokens = 1\n"
        "[models.other]\nthreads = 1\n"
        "[prices]\nboth = { completion_usd_per_million_tokens = 2.0 }\n"
    )
    prices = read(text, tmp_path, monkeypatch).prices
    assert {name: price.completion_usd_per_million_tokens for name, price in prices.items()} == {
        "near": 1.0,
        "both": 2.0,
    }
