"""Files in an S3-compatible store: what is below one prefix of a bucket, through Arrow."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.core import settings
from workbench.core.errors import (
    AccessError,
    ConfigError,
    FetchError,
    NotFoundError,
    StorageError,
    WorkbenchError,
)
from workbench.core.optional import require

_CONNECT_S, _ANSWER_S, _TRIES = 5.0, 30.0, 3
_CHUNK_BYTES = 8 << 20
_AWAY = ("NETWORK_CONNECTION", "Could not connect", "REQUEST_TIMEOUT", "timed out", "SLOW_DOWN",
         "SERVICE_UNAVAILABLE")  # fmt: skip
_REFUSED = ("ACCESS_DENIED", "SIGNATURE_DOES_NOT_MATCH", "INVALID_ACCESS_KEY_ID", "credentials",
            "INVALID_CLIENT_TOKEN_ID", "MISSING_AUTHENTICATION_TOKEN", "UNRECOGNIZED_CLIENT",
            "InvalidAccessKeyId", "HTTP status 403")  # fmt: skip


class ObjectFolder:
    """A prefix of a bucket as a folder without folders in it.

    An object is there whole or not at all: the store shows it when its last byte has come. Keys
    come from where Amazon's clients look: ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``, or
    ``~/.aws``.

    Args:
        url: ``s3://BUCKET/PREFIX``.
        setting: The setting that it is from, for errors.

    Raises:
        ConfigError: It is no such address.
        DependencyError: pyarrow is not installed.
    """

    def __init__(self, url: str, *, setting: str = "warehouse_url") -> None:
        self._bucket, prefix = _parts(url, setting)
        self.place = "/".join(["s3:/", self._bucket, *([prefix] if prefix else [])])
        self._base = f"{self._bucket}/{prefix}" if prefix else self._bucket
        self._store = _connect()
        self._is_known = False

    def names(self) -> dict[str, float]:
        """The objects, and when each was last written (seconds since 1970).

        Raises:
            FetchError: The store cannot be reached.
            AccessError: It refuses the key.
            NotFoundError: There is no such bucket.
        """
        fs = require("pyarrow.fs", extra="data")
        with self._asked():
            selector = fs.FileSelector(self._base, allow_not_found=True)
            found = self._store.get_file_info(selector)
        return {
            each.base_name: each.mtime_ns / 1e9 for each in found if each.type == fs.FileType.File
        }

    def read(self, name: str) -> bytes | None:
        """An object's bytes, None if there is none. Raises as ``names`` does."""
        with self._asked():
            try:
                with self._store.open_input_file(f"{self._base}/{name}") as stream:
                    return bytes(stream.read())
            except FileNotFoundError:
                return None

    def fetch(self, name: str, path: Path) -> bool:
        """Copy an object to a file; whether there is one. Raises as ``names`` does."""
        with self._asked():
            try:
                with (
                    self._store.open_input_file(f"{self._base}/{name}") as stream,
                    path.open("wb") as file,
                ):
                    shutil.copyfileobj(stream, file, _CHUNK_BYTES)
            except FileNotFoundError:
                return False
        return True

    def write(self, name: str, data: bytes) -> None:
        """Write an object in place of what was there. Raises as ``names`` does."""
        with self._writing(name) as stream:
            stream.write(data)

    def put(self, path: Path, name: str) -> None:
        """Copy a file to an object. Raises as ``names`` does."""
        with path.open("rb") as file, self._writing(name) as stream:
            shutil.copyfileobj(file, stream, _CHUNK_BYTES)

    def remove(self, name: str) -> None:
        """Remove an object, if it is there. Raises as ``names`` does."""
        with self._asked(), contextlib.suppress(FileNotFoundError):
            self._store.delete_file(f"{self._base}/{name}")

    @contextmanager
    def _writing(self, name: str) -> Iterator[Any]:
        path = f"{self._base}/{name}"
        with self._asked():
            stream = self._store.open_output_stream(path)
            try:
                yield stream
            except BaseException:
                # Closing publishes what had come by then: no half of a file may bear its name.
                with contextlib.suppress(OSError):
                    stream.close()
                    self._store.delete_file(path)
                raise
            stream.close()

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Look for the bucket first: some stores make one that was misspelt. Tell of faults."""
        try:
            if not self._is_known:
                self._look_for_bucket()
            yield
        except WorkbenchError:
            raise
        except OSError as error:
            raise self._why(error) from None

    def _look_for_bucket(self) -> None:
        fs = require("pyarrow.fs", extra="data")
        try:
            found = self._store.get_file_info(self._bucket)
        except OSError as error:
            if not any(word in str(error) for word in _REFUSED):
                raise
            return  # a key may be for a prefix alone, and not for the bucket
        if found.type == fs.FileType.NotFound:
            raise NotFoundError(
                f"there is no bucket {self._bucket!r} at {_endpoint()}",
                hint="make it there, or name another: workbench config show",
            )
        self._is_known = True

    def _why(self, error: OSError) -> WorkbenchError:
        said = str(error)
        if "NO_SUCH_BUCKET" in said:
            return NotFoundError(
                f"there is no bucket {self._bucket!r} at {_endpoint()}", hint="make it there"
            )
        if any(word in said for word in _REFUSED):
            return AccessError(
                f"{_endpoint()} refuses this key for {self.place}",
                hint="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials",
            )
        if any(word in said for word in _AWAY):
            return FetchError(
                f"{_endpoint()} cannot be reached for {self.place}",
                hint="look whether it runs; WORKBENCH_S3_ENDPOINT says where it is",
            )
        return StorageError(
            f"{self.place}: {said.splitlines()[0]}", hint="nothing half is left; try it again"
        )


def _parts(url: str, setting: str) -> tuple[str, str]:
    """The bucket and the prefix of an address."""
    try:
        parts = urlsplit(url)
        bucket = parts.netloc if parts.scheme == "s3" else ""
    except ValueError:
        bucket = ""
    if not bucket or "@" in bucket or ":" in bucket:  # a key in an address would be shown
        raise ConfigError(
            f"setting {setting!r} is no address of objects",
            hint="s3://BUCKET/PREFIX; the key goes into AWS_ACCESS_KEY_ID and its secret beside it",
            setting=setting,
        )
    return bucket, parts.path.strip("/")


def _endpoint() -> str:
    return settings.get("s3_endpoint") or f"Amazon's S3 ({settings.get('s3_region')})"


def _connect() -> Any:
    fs = require("pyarrow.fs", extra="data")
    where: dict[str, Any] = {}
    if endpoint := settings.get("s3_endpoint"):
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
            raise ConfigError(
                "setting 's3_endpoint' is no address of a store",
                hint="http://127.0.0.1:9000",
                setting="s3_endpoint",
            )
        where = {"endpoint_override": parts.netloc, "scheme": parts.scheme}
        # Without a key Amazon's client would ask the network for one, seconds long.
        os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    return fs.S3FileSystem(
        region=settings.get("s3_region"), connect_timeout=_CONNECT_S, request_timeout=_ANSWER_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TRIES), **where,
    )  # fmt: skip
