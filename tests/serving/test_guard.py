"""Which hosts a request may name, and which listeners only this machine reaches."""

from __future__ import annotations

import pytest

from workbench.core.listening import is_loopback
from workbench.serving.guard import is_ours


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("localhost:8400", True),
        ("LOCALHOST.:8400", True),
        ("127.0.0.1:8400", True),
        ("[::1]:8400", True),
        ("::1", True),
        ("192.168.0.7:8400", True),
        ("lab.example:8400", True),
        ("", False),
        ("evil.example:8400", False),
        ("localhost.evil.example", False),
        ("evil.example:localhost", False),
        ("127.0.0.1.evil.example:80", False),
        ("notlocalhost", False),
        ("0x7f000001", False),
    ],
)
def test_a_name_of_others_is_not_ours(host: str, ours: bool) -> None:
    assert is_ours(host, {"localhost", "lab.example"}) is ours


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.0.7", False), ("lab.example", False)],
)  # fmt: skip
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
