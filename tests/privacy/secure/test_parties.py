"""Real processes over TLS: what is on the wire, who is let in, what is left after trouble."""

from __future__ import annotations

import os
import random
import signal
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    AccessError,
    CancelledError,
    ConflictError,
    DeadlineError,
    InputError,
    IntegrityError,
    NotFoundError,
    PeerError,
)
from workbench.privacy.ledger.recording import ACTIONS
from workbench.privacy.secure import parties as parties_module
from workbench.privacy.secure.applying import compute_securely, read_numbers, run_program
from workbench.privacy.secure.certificates import Identity, make_identity
from workbench.privacy.secure.parties import REPLICATED, TWO_SERVERS, Parties
from workbench.privacy.secure.programs import DATA_OWNER
from workbench.privacy.secure.tls_mesh import Peer, TlsMesh
from workbench.store.ledger import Ledger

from .conftest import SCHEMES, view_faults

X = np.random.default_rng(3).normal(size=(60, 10)) * 4


@pytest.mark.parametrize("scheme", SCHEMES)
def test_parties_compute_and_count(scheme: Any, up: dict[str, Parties]) -> None:
    found = compute_securely("relu", X, scheme=scheme, parties=up[scheme])
    assert np.abs(found.values - np.maximum(X, 0)).max() < 2**-12
    assert found.cost.rounds == (9 if scheme == "two-servers" else 13)
    assert "semi-honest" in found.security and "the data's owner alone" in found.opened
    relays = run_program("relu", {"x": X}, scheme=scheme, parties=up[scheme], keep_view=True)
    assert [each.values is None for each in relays] == [n != DATA_OWNER for n in range(3)]
    for each in relays:
        assert each.seen is None or view_faults(each.seen) == []
    entry = Ledger().entries(limit=1)[0]
    assert entry.action == "privacy.release" and "release" in ACTIONS
    assert entry.data["opened"] == found.opened
    assert Ledger().entries(limit=2)[1].action == "privacy.access"


def test_bad_input_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Parties, "__init__", lambda *_, **__: pytest.fail("a process was started"))
    with pytest.raises(InputError, match="nan"):
        compute_securely("relu", [1.0, float("nan")])
    with pytest.raises(InputError, match="takes x"):
        compute_securely("relu", [1.0], [2.0])
    with pytest.raises(InputError, match="shapes do not fit"):
        compute_securely("matmul", np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(NotFoundError, match="rellu"):
        compute_securely("rellu", [1.0])  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="no scheme"):
        compute_securely("relu", [1.0], scheme="shamir")  # type: ignore[arg-type]
    assert Ledger().entries() == ()


def test_numbers_of_a_file(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "x.csv").write_text("1,2\n3,4.5\n")
    assert (read_numbers(tmp_path / "x.npy") == X).all()
    assert read_numbers(tmp_path / "x.csv").tolist() == [[1, 2], [3, 4.5]]
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="holds no numbers"):
        read_numbers(tmp_path / "bad.csv")
    with pytest.raises(NotFoundError):
        read_numbers(tmp_path / "none.csv")


def kill_the_dealer(parties: Parties) -> None:
    os.kill(parties.process_ids[2], signal.SIGKILL)


def stop_the_dealer(parties: Parties) -> None:
    os.kill(parties.process_ids[2], signal.SIGSTOP)


def stop_all(parties: Parties) -> None:
    for pid in parties.process_ids:
        os.kill(pid, signal.SIGSTOP)


@pytest.mark.parametrize(
    ("harm", "error", "said"),
    [
        (kill_the_dealer, PeerError, "the dealer was killed by SIGKILL"),
        (stop_the_dealer, DeadlineError, "the dealer said nothing for 3 s"),
        (stop_all, DeadlineError, "the model's owner said nothing for 3 s"),
        (stop_the_dealer, CancelledError, "enough"),
    ],
)
def test_whatever_happens_all_end(
    harm: Callable[[Parties], None], error: type[Exception], said: str
) -> None:
    token = CancelToken()
    parties = Parties(TWO_SERVERS, timeout_s=3 if error is DeadlineError else 60)
    harm(parties)
    if error is CancelledError:
        threading.Timer(0.2, token.cancel, args=["enough"]).start()
    with pytest.raises(error, match=said), cancellable(token):
        compute_securely("relu", X, parties=parties)
    # It was begun, and gave nothing back.
    assert [each.action for each in Ledger().entries()] == ["privacy.access"]
    assert not any(psutil.pid_exists(pid) for pid in parties.process_ids)
    with pytest.raises(ConflictError, match="have ended"):
        parties.run([])


@pytest.mark.soak
def test_a_kill_at_any_moment_is_named(scale: int) -> None:
    """Whichever party, whenever: the run says which it was, and nobody is left."""
    rng = random.Random(11)
    for _ in range(2 * scale):
        victim = rng.randrange(3)
        scheme, names = rng.choice((("two-servers", TWO_SERVERS), ("replicated", REPLICATED)))
        parties = Parties(names)
        pid = parties.process_ids[victim]
        threading.Timer(rng.uniform(0, 0.3), os.kill, args=[pid, signal.SIGKILL]).start()
        with pytest.raises(PeerError, match=f"{names[victim]} was killed by SIGKILL"):
            while True:
                run_program("relu", {"x": np.ones(20_000)}, scheme=scheme, parties=parties)  # type: ignore[arg-type]
        assert not any(map(psutil.pid_exists, parties.process_ids))


def test_parties_that_do_not_start_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parties_module, "_PARTY", "raise SystemExit('numpy is broken')")
    with pytest.raises(PeerError, match=r"ended with 1 .*: numpy is broken"):
        Parties(TWO_SERVERS)


def test_parties_that_ended_before_anything_was_told_them_say_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine a process may be gone before the first word is on its line."""
    begin = Parties._start

    def begin_and_see_the_end(self: Parties, number: int) -> int:
        port = begin(self, number)
        self._processes[number].wait(60)
        return port

    monkeypatch.setattr(parties_module, "_PARTY", "raise SystemExit('numpy is broken')")
    monkeypatch.setattr(Parties, "_start", begin_and_see_the_end)
    with pytest.raises(PeerError, match=r"ended with 1 .*: numpy is broken"):
        Parties(TWO_SERVERS)


def test_a_party_ends_when_nobody_is_left_to_tell_it_anything() -> None:
    """As after a kill of whoever started them."""
    parties = Parties(TWO_SERVERS[:2])
    for control in parties._controls:
        control.close()
    gone, alive = psutil.wait_procs(map(psutil.Process, parties.process_ids), timeout=20)
    assert len(gone) == 2 and not alive
    parties.close()


def test_parties_of_another_scheme_are_refused(up: dict[str, Parties]) -> None:
    with pytest.raises(InputError, match="replicated takes"):
        compute_securely("relu", X, scheme="replicated", parties=up["two-servers"])
    assert TWO_SERVERS != REPLICATED


def meet(
    work: Callable[[int, TlsMesh], Any],
    *,
    shown: dict[int, Identity] | None = None,
    absent: int | None = None,
    timeout_s: float = 20.0,
) -> list[Any]:
    """Two parties as threads with real lines; ``shown`` has who shows another certificate than is
    pinned. Gives what each returned or raised."""
    identities = [make_identity(f"party {n}") for n in range(2)]
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    peers = [
        Peer(f"party {n}", listeners[n].getsockname()[1], identities[n].certificate)
        for n in range(2)
    ]
    found: list[Any] = [None, None]

    def act(me: int) -> None:
        identity = (shown or {}).get(me, identities[me])
        try:
            mesh = TlsMesh(me, peers, identity, listeners[me], timeout_s=timeout_s)
            try:
                found[me] = work(me, mesh)
            finally:
                mesh.close()
        except Exception as error:  # noqa: BLE001 - looked at by the test
            found[me] = error

    threads = [threading.Thread(target=act, args=(n,)) for n in range(2) if n != absent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()
    return found


def test_both_send_much_at_once_and_nothing_is_plain_on_the_wire() -> None:
    """More than the buffers of the sockets hold, both ways: nobody waits for the other for ever."""
    much = b"secret!!" * (1 << 18)
    sent: list[bytes] = []

    def work(me: int, mesh: TlsMesh) -> tuple[bool, int]:
        line = mesh._lines[1 - me]
        push = line.push

        def watched() -> None:
            sent.append(bytes(line._pending))
            push()

        line.push = watched  # type: ignore[method-assign]
        got = mesh.exchange({1 - me: much}, {1 - me: len(much)})
        return got[1 - me] == much, mesh.wire_bytes

    for same, wire_bytes in meet(work):
        assert same
        assert len(much) < wire_bytes < len(much) * 1.01
    assert b"secret" not in b"".join(sent[:2])


def kernel_received(sock: socket.socket) -> int:
    """The bytes that came in over a socket, as the kernel counted them (tcpi_bytes_received)."""
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return int(struct.unpack_from("<Q", told, 128)[0])


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="needs Linux's TCP_INFO")
def test_what_is_on_the_wire_is_counted_to_the_byte() -> None:
    """What one side says that it sent, against what the other's kernel received: handshake, records
    and all."""
    both = threading.Barrier(
        2
    )  # nobody closes before the other has looked: the end counts as a byte

    def work(me: int, mesh: TlsMesh) -> tuple[int, int]:
        other = 1 - me
        for size in (1, 0, 70_000, 8):
            mesh.exchange({other: bytes(size + me)}, {other: size + other})
        told = mesh._lines[other].wire_bytes, kernel_received(mesh._lines[other].sock)
        both.wait(20)
        return told

    (sent_0, got_0), (sent_1, got_1) = meet(work)
    assert (sent_0, sent_1) == (got_1, got_0)
    assert sent_0 > 70_000


def test_a_message_of_another_length_is_refused() -> None:
    def work(me: int, mesh: TlsMesh) -> None:
        mesh.exchange({1 - me: bytes(24 - 8 * me)}, {1 - me: 24})

    first, second = meet(work)
    assert isinstance(first, IntegrityError)
    assert "party 1 sent a message of 16 bytes where 24 were due" in str(first)
    assert second is None


@pytest.mark.parametrize("stranger", [0, 1])
def test_a_certificate_of_somebody_else_is_refused(stranger: int) -> None:
    found = meet(lambda me, mesh: None, shown={stranger: make_identity("a stranger")})
    assert isinstance(found[1 - stranger], AccessError)


def test_a_party_that_does_not_come_is_named() -> None:
    (first, _) = meet(lambda me, mesh: None, absent=1, timeout_s=0.2)
    assert isinstance(first, DeadlineError) and "party 1 did not come within 0.2 s" in str(first)
    assert first.hint


def test_a_party_that_falls_silent_is_named() -> None:
    done = threading.Event()

    def work(me: int, mesh: TlsMesh) -> None:
        if me == 1:
            done.wait(20)
            return
        mesh._timeout_s = 0.2
        try:
            mesh.exchange({}, {1: 8})
        finally:
            done.set()

    first, _ = meet(work)
    assert isinstance(first, DeadlineError) and "party 1 said nothing" in str(first)
