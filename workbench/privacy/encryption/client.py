"""The client: it has the secret key, encrypts rows, sends them, and opens the answers.

    client = EncryptedClient(url, Path("client"))
    client.ask(rows).labels

Each decryption is written to the audit ledger before its scores are given out.
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import (
    ConflictError,
    DeadlineError,
    EngineError,
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
    all_errors,
)
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.privacy.ledger.recording import record

from .evaluating import decode_scores, pack_rows
from .keys import FOR_SERVER, SECRET, key_name, load_secret_key, read_given
from .plan import Plan, read_plan
from .scheme import dump, load, scheme_of, sealapi

if TYPE_CHECKING:
    import numpy as np

_TIMEOUT_S = 120.0
# The noise of one answer may be so many times its bound before the answer is called broken.
_BROKEN = 100.0
_DOUBTFUL = 1.5


@dataclass(frozen=True)
class Call:
    """One ciphertext there and back. ``compute_s`` is what the server took for the circuit."""

    samples: int
    encrypt_s: float
    wait_s: float
    compute_s: float
    decrypt_s: float
    sent_bytes: int
    answer_bytes: int

    @property
    def total_s(self) -> float:
        """From rows to scores."""
        return self.encrypt_s + self.wait_s + self.decrypt_s


@dataclass(frozen=True)
class EncryptedAnswers(Viewable):
    """Decrypted scores ``[n, classes]`` and what they mean.

    ``noise`` is the largest number where 0 must stand. ``doubtful`` are rows whose scores are well
    beyond those of the rows that the polynomials were fitted to. Scores are for whoever holds the
    key: their last digits tell of it (Li and Micciancio, 2021), so give labels away, or scores that
    are rounded.
    """

    scores: np.ndarray
    labels: tuple[int | str, ...]
    calls: tuple[Call, ...]
    noise: float
    doubtful: tuple[int, ...]


class EncryptedClient:
    """Asks a server in ciphertexts.

    Args:
        url: The server's address, as it tells it.
        folder: The client's keys.
        timeout_s: How long an answer may take.

    Raises:
        NotFoundError: The folder has no keys.
        AccessError: Others may read the secret key.
        ConflictError: The server serves another plan than the keys are for.
        EngineError: Nobody answers there.
    """

    def __init__(self, url: str, folder: Path, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._http = _connect(url, timeout_s=timeout_s)
        if not (folder / SECRET).is_file():
            above = folder.parent  # what is for the server lies in the client's folder
            hint = f"workbench privacy encryption keys {folder} --server {url}"
            if (above / SECRET).is_file():
                hint = f"--keys {above}"
            raise NotFoundError(f"there is no secret key in {folder}", hint=hint)
        self.plan = read_plan(folder)
        self._url, self._folder = url, folder
        self._scheme = scheme_of(self.plan.parameters)
        seal = sealapi()
        given = read_given(folder / FOR_SERVER)
        self.key = key_name(given)
        public = load("PublicKey", given["public.key"], self._scheme, what="public.key")
        self._encryptor = seal.Encryptor(self._scheme.context, public)
        secret = load_secret_key(folder, self._scheme)
        self._decryptor = seal.Decryptor(self._scheme.context, secret)
        try:
            self._check_plan()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> EncryptedClient:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def send_keys(self) -> None:
        """Send the server what it computes with; the secret key is not among it."""
        from .server import pack_keys

        self._request("PUT", "/keys", pack_keys(read_given(self._folder / FOR_SERVER)))

    def ask(self, rows: Any) -> EncryptedAnswers:
        """Scores and labels of rows ``[n, features]``, as many a call as a ciphertext holds.

        Raises:
            InputError: The rows do not fit the plan; nothing was encrypted.
            EngineError: The server is gone; the message says how many rows were answered.
            IntegrityError: An answer does not belong to this key and plan.
            CancelledError: The run was cancelled, between two calls.
        """
        import numpy as np

        table = self.plan.check_rows(rows)
        scores, calls, noise = [], [], 0.0
        label = f"asking {self.plan.name} in ciphertexts"
        with progress(label, total=len(table), unit="rows") as task:
            for start in range(0, len(table), self.plan.batch):
                check_cancelled()
                part = table[start : start + self.plan.batch]
                try:
                    found, call, seen = self._call(part)
                except (DeadlineError, EngineError) as error:
                    error.message += f"; {start} of {len(table)} rows were answered before"
                    raise
                scores.append(found)
                calls.append(call)
                noise = max(noise, seen)
                task.advance(len(part))
        joined = np.concatenate(scores)
        labels = tuple(self.plan.classes[i] for i in joined.argmax(axis=1).tolist())
        beyond = np.abs(joined).max(axis=1) > _DOUBTFUL * self.plan.output_range
        doubtful = tuple(np.flatnonzero(beyond).tolist())
        return EncryptedAnswers(joined, labels, tuple(calls), noise, doubtful)

    def encrypt(self, rows: np.ndarray) -> bytes:
        """Up to ``plan.batch`` rows as a ciphertext."""
        slots, parameters = pack_rows(rows, self.plan), self.plan.parameters
        plain = self._scheme.encode(slots, level=parameters.levels, scale=parameters.scale)
        ciphertext = sealapi().Ciphertext()
        self._encryptor.encrypt(plain, ciphertext)
        return dump(ciphertext)

    def decrypt(self, answer: bytes, samples: int) -> tuple[np.ndarray, float]:
        """Scores ``[samples, classes]`` and the noise, once the ledger knows of it.

        Raises:
            IntegrityError: It is no ciphertext of the plan, or of another key.
        """
        ciphertext = load("Ciphertext", answer, self._scheme, what="the answer")
        plain = sealapi().Plaintext()
        self._decryptor.decrypt(ciphertext, plain)
        told = {"plan": self.plan.sha256, "key": self.key, "samples": samples}
        record("decryption", f"scores of the model {self.plan.name}", data=told)
        slots = self._scheme.encoder.decode_double(plain)
        scores, noise = decode_scores(slots, self.plan, samples)
        if not noise <= _BROKEN * self.plan.error_bound:
            raise IntegrityError(
                f"the answer is not one of this key and plan: numbers that must be alike differ by "
                f"{noise:.2g}, and noise is at most {self.plan.error_bound:.2g}",
                hint="ask with the folder whose keys the server has",
            )
        return scores, noise

    def _call(self, rows: np.ndarray) -> tuple[np.ndarray, Call, float]:
        times = [time.perf_counter()]
        body = self.encrypt(rows)
        times.append(time.perf_counter())
        answer, headers = self._infer(body)
        times.append(time.perf_counter())
        scores, noise = self.decrypt(answer, len(rows))
        times.append(time.perf_counter())
        compute_s = float(headers.get("x-workbench-compute-s", "nan"))
        call = Call(
            len(rows), times[1] - times[0], times[2] - times[1], compute_s, times[3] - times[2],
            len(body), len(answer),
        )  # fmt: skip
        return scores, call, noise

    def _infer(self, body: bytes) -> tuple[bytes, Any]:
        path = f"/infer?keys={self.key}"
        try:
            return self._request("POST", path, body)
        except LookupError:  # the server was started without them, or has others now
            self.send_keys()
            return self._request("POST", path, body)

    def _check_plan(self) -> None:
        content, _ = self._request("GET", "/plan")
        served = Plan.from_json(content, where=f"the answer of {self._url}")
        if served.sha256 != self.plan.sha256:
            raise ConflictError(
                f"the server at {self._url} serves another plan ({served.name}, "
                f"{served.sha256[:12]}) than the keys are for ({self.plan.name}, "
                f"{self.plan.sha256[:12]})",
                hint=f"workbench privacy encryption keys FOLDER --server {self._url}",
            )

    def _request(self, method: str, path: str, body: bytes | None = None) -> tuple[bytes, Any]:
        return request(self._http, method, path, body, url=self._url)


def fetch_plan(url: str) -> Plan:
    """The plan that a server tells.

    Raises:
        EngineError: Nobody answers there.
        IntegrityError: What answers is no such server.
    """
    connection = _connect(url, timeout_s=30)
    try:
        content, _ = request(connection, "GET", "/plan", None, url=url)
    finally:
        connection.close()
    return Plan.from_json(content, where=f"the answer of {url}")


def _connect(url: str, *, timeout_s: float) -> http.client.HTTPConnection:
    """A connection that is opened by its first request; InputError if the address is none."""
    address = urlsplit(url)
    if address.scheme != "http" or address.hostname is None:
        raise InputError(f"{url} is no server's address", hint="http://127.0.0.1:PORT")
    return http.client.HTTPConnection(address.hostname, address.port or 80, timeout=timeout_s)


def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    *,
    url: str,
) -> tuple[bytes, Any]:
    """One request; what the server refused is raised as the same error here."""
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        content = response.read()
    except TimeoutError:
        connection.close()
        raise DeadlineError(
            f"the encrypted server at {url} did not answer within {connection.timeout:g} s"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise EngineError(
            f"the encrypted server at {url} is gone ({type(error).__name__})",
            hint="start it again: workbench privacy encryption serve FOLDER",
        ) from None
    if response.status == 200:
        return content, response.headers
    raise _refusal(content, url)


def _refusal(content: bytes, url: str) -> WorkbenchError:
    kinds = {kind.code: kind for kind in all_errors()}
    try:
        told = json.loads(content)
        return kinds[told["code"]](told["message"], hint=told["hint"])
    except (ValueError, KeyError, TypeError):
        return EngineError(f"{url} answered with something else than an encrypted server")
