"""Where the warehouse is, as the setting ``warehouse_url`` says: files here, objects, Postgres."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import BusyError, ConfigError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from .building import Rebuilt
    from .metrics import Metrics
    from .questions import Questions

Kind = Literal["files", "objects", "postgres"]
# How long is waited for another process that builds the warehouse for the first time.
FIRST_WAIT_S = 20.0
_LOOK_EVERY_S = 0.2
_SCHEMES: dict[str, Kind] = {"s3": "objects", "postgresql": "postgres", "postgres": "postgres"}


def kind_of(url: str) -> Kind:
    """Which kind of warehouse an address is of; none is the files of this home.

    Raises:
        ConfigError: It is of none.
    """
    if not url:
        return "files"
    scheme, sign, _ = url.partition("://")
    if not sign or scheme not in _SCHEMES:  # the address itself may hold a password
        raise ConfigError(
            "setting 'warehouse_url' is no address of a warehouse",
            hint="postgresql://USER@HOST:5432/DATABASE, s3://BUCKET/PREFIX, or none for the home's",
            setting="warehouse_url",
        )
    return _SCHEMES[scheme]


def open_warehouse(
    *, metrics: Metrics | None = None, threads: int = 2, rows_alone: bool = False
) -> Questions:
    """The warehouse as it is now, to be asked and closed.

    Args:
        metrics: What is measured, by default ``metrics.yaml``.
        threads: DuckDB's, for files.
        rows_alone: Only clean_rows is to be asked, and once: rollups are not read ahead.

    Raises:
        NotFoundError: Nothing has been built; there is no such bucket or database.
        FetchError: Its server cannot be reached.
        AccessError: That refuses the user or the key.
        ConfigError: ``warehouse_url`` is no address.
    """
    url = settings.get("warehouse_url")
    kind = kind_of(url)
    if kind == "postgres":
        from .postgres.asking import PostgresWarehouse

        return PostgresWarehouse(url, metrics=metrics)
    from .asking import Warehouse

    if kind == "files":
        return Warehouse(metrics=metrics, threads=threads, rows_alone=rows_alone)
    from workbench.store.objects import ObjectFolder

    from .mirroring import mirror_of, pull

    folder = mirror_of(url)
    pull(ObjectFolder(url), folder)
    return Warehouse(folder, metrics=metrics, threads=threads, rows_alone=rows_alone)


def lies_elsewhere() -> bool:
    """Whether usage is known by the warehouse alone: it is a shared one, or was built in a home
    that has no usage from months that were put away. Single calls, keys and words are not in it."""
    from .rows import home_files

    if settings.get("warehouse_url"):
        return True
    try:
        home_files()
    except NotFoundError:
        return bool(months_now())
    return False


def fresh_notes() -> list[str]:
    """Bring the warehouse up to date, unless another process or home does it; what it has to say.

    Who writes it brings it up to date for us too, and what stood before may be asked meanwhile. The
    first time there is nothing to ask yet: that is waited for.

    Raises:
        BusyError: Another process builds it for the first time, and takes long.
        NotFoundError: This home has no usage, and the warehouse none of another source.
    """
    from .rows import home_files, told_aside

    try:
        home_files()
    except NotFoundError:
        # Built from another source, or another home's: there is something to ask all the same.
        if settings.get("warehouse_url") or months_now():
            return []
        raise
    begun_s = time.monotonic()
    while True:
        try:
            built = bring_up_to_date()
        except ConflictError:
            return []
        except BusyError as error:
            if months_now():
                return []
            if time.monotonic() - begun_s >= FIRST_WAIT_S:
                raise BusyError(
                    f"the warehouse of usage is being built for the first time: {error.message}",
                    hint="wait a moment and ask again; a page does so by itself",
                ) from error
            check_cancelled()
            time.sleep(_LOOK_EVERY_S)
            continue
        aside = [told_aside(count, why) for why, count in built.quarantined.items()]
        return [*aside, *built.notes]


def months_now() -> dict[str, Any]:
    """The months of the warehouse, and what tells one state of them from another; none where
    nothing has been built. Raises as ``open_warehouse`` does."""
    url = settings.get("warehouse_url")
    kind = kind_of(url)
    if kind == "postgres":
        with contextlib.suppress(NotFoundError), open_warehouse() as warehouse:
            return warehouse.months
        return {}
    from .places import FOLDER, read_manifest

    if kind == "files":
        return read_manifest(settings.home() / FOLDER).months
    from workbench.store.objects import ObjectFolder

    from .mirroring import read_remote

    return read_remote(ObjectFolder(url)).months


def bring_up_to_date(
    *, again: bool = False, source: Path | None = None, threads: int = 2
) -> Rebuilt:
    """Make what has changed in the usage files anew, wherever the warehouse is.

    Args:
        again: Make every month anew.
        source: The folder of the usage files, by default the home's.
        threads: DuckDB's, for files.

    Raises:
        BusyError: Another process does it.
        ConflictError: The warehouse is elsewhere, and another home builds it.
        FetchError: Its server cannot be reached; what is there is as it was.
        AccessError: That refuses the user or the key.
    """
    url = settings.get("warehouse_url")
    kind = kind_of(url)
    if kind == "postgres":
        from .postgres.building import refresh as refresh_postgres

        return refresh_postgres(url, again=again, source=source)
    from .building import refresh

    if kind == "files":
        return refresh(again=again, source=source, threads=threads)
    from workbench.store.objects import ObjectFolder

    from .mirroring import check_remote_owner, mirror_of, push

    there, folder = ObjectFolder(url), mirror_of(url)
    check_remote_owner(there)
    built = refresh(again=again, source=source, folder=folder, threads=threads)
    push(folder, there)
    return built
