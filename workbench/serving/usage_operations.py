"""What a user can ask about what was used."""

from __future__ import annotations

import dataclasses
import re
import time

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.store.usage_export import UsageExport, export_usage
from workbench.store.usage_queries import By, UsageTotal, totals


@operation("serving.usage", title="Show what was used", produces="usage-totals")
def usage(
    *,
    by: By = "key",
    since: str = "month",
    until: str | None = None,
    key: str | None = None,
) -> tuple[UsageTotal, ...]:
    """Show requests, tokens and money by key, user, model or day, from the settled usage.

    A call is settled once something was reserved for it. Failed are those of them that ended with
    an error, also where it was the client's: a prompt longer than the model's context, a wish that
    the model cannot meet, a stream that was broken off. By error tells which. What was refused
    before (a body that cannot be read, no such model, not allowed, over a limit) is not settled:
    GET /metrics counts it by status.

    Args:
        by: What to group by.
        since: A date (2026-11-25), a time (2026-11-25T10:00), 24h, 7d, today or month; in UTC.
        until: Likewise; by default now.
        key: Only of this key, by its id or name; of a name that no key in force has, of those
            that were revoked.
    """
    from workbench.identity import access
    from workbench.identity.keys import Keys

    key_ids = None if key is None else [each.id for each in Keys().named(key)]
    until_s = moment_s(until) if until else time.time() + 1
    found = totals(by=by, since_s=moment_s(since), until_s=until_s, key_id=key_ids)
    if by != "key":
        return found
    names = {each.id: each.name for each in access.list_keys(revoked=True)}
    return tuple(dataclasses.replace(each, name=names.get(each.group, "")) for each in found)


@operation("serving.usage_export", title="Write the usage as Parquet", produces="usage-export")
def usage_export(*, month: str | None = None, rebuild: bool = False) -> UsageExport:
    """Write the settled usage as a Parquet file a month, where it has rows that the file lacks.

    The setting usage_url names a place in an object store where the files are put as well.

    Args:
        month: Only this one, as 2026-11.
        rebuild: Write the files anew also where they hold all rows.
    """
    if month is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise InputError(f"{month!r} is no month", hint="write it as 2026-11")
    exported = export_usage(month=month, rebuild=rebuild)
    if url := settings.get("usage_url"):
        from workbench.store.exported_usage import put_usage

        put_usage(exported, url)
    return exported
