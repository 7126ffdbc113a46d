"""What was measured, kept per machine: a home folder may move between machines.

Records of the namespace ``models.tuning``: ``MACHINE/MODEL/ENGINE`` holds what suits an engine
best, ``MACHINE/MODEL`` the choice among all engines, from which ``models.load`` takes engine,
variant and threads where nobody names them.
"""

from __future__ import annotations

import logging
from typing import Any

from workbench.core.errors import StorageError
from workbench.models.footprints import machine_id
from workbench.models.thread_count import NAMESPACE, tuning_key

log = logging.getLogger(__name__)


def choice_key(model: str) -> str:
    """The key of a model's choice on this machine."""
    return f"{machine_id()}/{model}"


def save_record(key: str, document: dict[str, Any]) -> None:
    """Keep a record, in the place of an older one."""
    from workbench.store.records import Records

    Records().put(NAMESPACE, key, document=document)


def find_choice(model: str) -> dict[str, Any] | None:
    """What was chosen for a model on this machine, if it was tuned."""
    return _find(choice_key(model))


def find_variant(model: str, engine: str) -> str | None:
    """The variant that was chosen for an engine, if the model was tuned on it."""
    found = _find(tuning_key(model, engine)) or {}
    return found.get("variant") or None if found.get("by") == "tune" else None


def list_records() -> dict[str, dict[str, Any]]:
    """Every record of this machine: ``MODEL`` or ``MODEL/ENGINE`` to what it says."""
    from workbench.store.records import Records

    prefix = f"{machine_id()}/"
    return {
        record.key.removeprefix(prefix): dict(record.document)
        for record in Records().list(NAMESPACE, prefix=prefix)
    }


def forget_records(model: str) -> int:
    """Remove a model's records of this machine; how many there were."""
    from workbench.store.records import Records

    keys = [name for name in list_records() if name == model or name.startswith(f"{model}/")]
    return sum(Records().delete(NAMESPACE, f"{machine_id()}/{name}") for name in keys)


def _find(key: str) -> dict[str, Any] | None:
    from workbench.store.records import Records

    try:
        found = Records().find(NAMESPACE, key)
    except StorageError as error:  # a home that only others may write to
        log.info("no record of tuning: %s", error.message)
        return None
    return dict(found.document) if found else None
