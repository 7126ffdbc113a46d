"""What a user can ask of alerts: how the rules stand, look now, silence one, and what was."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.identity.users import LOCAL
from workbench.store.database import open_database

from .result import AlertCheck, Incident, RuleLine, Silence


@operation("monitoring.alerts_list", title="Show the rules for alerts", group="alerts")
def alerts_list(*, file: Path | None = None) -> tuple[RuleLine, ...]:
    """Show every rule as it stood at the last look; what fires comes first.

    Args:
        file: Rules of another file than alerts.yaml of the home.
    """
    from .evaluating import Alerts
    from .reading import read_rules

    return Alerts(read_rules(file)).lines()


@operation("monitoring.alerts_check", title="Look at the rules now", group="alerts")
def alerts_check(*, fail_on_alert: bool = False) -> AlertCheck:
    """Look at every rule now, write down what fires and what is over, and tell listeners.

    A gateway does this by itself (setting alerts_every_s).

    Args:
        fail_on_alert: End with 1 where a rule fires.
    """
    from .evaluating import Alerts

    return Alerts().check(gate=fail_on_alert)


@operation("monitoring.alerts_silence", title="Silence an alert", group="alerts")
def alerts_silence(
    rule: str, *, span: str = "4h", reason: str = "", end: bool = False
) -> tuple[Silence, ...]:
    """Tell nobody of a rule for a while; it fires and clears all the same, and history has it.

    Args:
        rule: Its name, or a pattern such as disk*.
        span: For how long, such as 30m, 4h or 2d; at most 30d.
        reason: Why, for whoever wonders later; it is written into the audit ledger.
        end: End the silence instead.
    """
    from .reading import read_rules
    from .silences import end_silence, silence

    database, names, now_s = open_database(), read_rules().rules, time.time()
    if end:
        return end_silence(database, names, rule, actor=LOCAL, now_s=now_s)
    return silence(database, names, rule, span=span, reason=reason, actor=LOCAL, now_s=now_s)


@operation("monitoring.alerts_history", title="Show what fired", group="alerts")
def alerts_history(
    *, since: str = "30d", limit: Annotated[int, limits.Ge(1)] = 100
) -> tuple[Incident, ...]:
    """Show alerts that fired or lasted since a moment, the newest first.

    Args:
        since: Such as 24h, 7d or 2026-11-25 (UTC).
        limit: At most so many.
    """
    from .evaluating import incidents

    return incidents(since_s=moment_s(since), limit=limit)
