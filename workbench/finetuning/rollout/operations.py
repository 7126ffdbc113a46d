"""What a user can ask of rollouts."""

from __future__ import annotations

from typing import Annotated

import annotated_types as bounds

from workbench.core.operations import operation
from workbench.finetuning.rollout.state import CanaryState
from workbench.models.routing.trials import Sticky, Trial

_Share = Annotated[float, bounds.Gt(0), bounds.Lt(1)]


@operation("finetuning.canary_start", title="Try a version on a share", group="canary")
def start(
    name: str,
    *,
    share: _Share = 0.1,
    sticky: Sticky = "request",
    period_h: Annotated[float, bounds.Gt(0)] = 24.0,
    judged_within_h: Annotated[float, bounds.Gt(0)] = 1.0,
    level: _Share = 0.05,
    most_days: Annotated[float, bounds.Gt(0)] = 30.0,
    reason: str = "",
    force: bool = False,
) -> Trial:
    """Let a share of those who ask a gateway for the champion get another version instead.

    The answer's headers and the usage log say who had what. `canary look` promotes it, or sends it
    back, once it is shown to be better or worse.

    Args:
        name: The version, e.g. `base:adapter@3`.
        share: The part of requests (or users, or keys) that get it.
        sticky: For what lots are drawn: each `request`, or each `user` or `key` for a period.
        period_h: After so many hours lots are drawn anew for users and keys.
        judged_within_h: How long an answer may be judged; what is said later does not count.
        level: The chance that a version that is no better is promoted, over all looks.
        most_days: Without a winner the trial ends after so many days.
        reason: Why, for the ledger.
        force: Also if the gate refused it. Needs a reason.
    """
    from workbench.finetuning.rollout.rules import CanaryRules
    from workbench.finetuning.rollout.starting import start_canary

    rules = CanaryRules(
        level=level, judged_within_s=3600 * judged_within_h, most_s=86_400 * most_days
    )
    return start_canary(
        name,
        share=share,
        sticky=sticky,
        period_s=3600 * period_h,
        rules=rules,
        reason=reason,
        force=force,
    )


@operation("finetuning.canary_look", title="Look at a trial, and act", group="canary")
def look(name: str, *, act: bool = True) -> CanaryState:
    """See how a trial stands. A version that has won and passed the gate is promoted, one that is
    worse, or fails, is sent back. One may look as often as one likes.

    Args:
        name: The adapter, `base:adapter` or its bare name.
        act: Do what follows; otherwise only say it.
    """
    from workbench.finetuning.rollout.looking import look_at_canary

    return look_at_canary(name, act=act)


@operation("finetuning.canary_watch", title="Look at a trial until it ends", group="canary")
def watch(name: str, *, every_s: Annotated[float, bounds.Ge(1)] = 60.0) -> CanaryState:
    """Look at a trial again and again until it is decided; stop it with Ctrl-C at any time.

    Args:
        name: The adapter, `base:adapter` or its bare name.
        every_s: How long to wait between looks.
    """
    from workbench.finetuning.rollout.watching import watch_canary

    return watch_canary(name, every_s=every_s)


@operation("finetuning.canary_share", title="Change the share of a trial", group="canary")
def change_share(name: str, share: _Share, *, reason: str = "") -> Trial:
    """Give a trial another share. Where it grows, who had the version keeps it.

    Args:
        name: The adapter, `base:adapter` or its bare name.
        share: The new share.
        reason: Why, for the ledger.
    """
    from workbench.finetuning.rollout import starting

    return starting.change_share(name, share, reason=reason)


@operation("finetuning.canary_stop", title="End a trial", group="canary")
def stop(name: str, *, reason: str = "by hand") -> Trial:
    """End a trial: everybody gets the champion again.

    Args:
        name: The adapter, `base:adapter` or its bare name.
        reason: Why, for the ledger.
    """
    from workbench.finetuning.rollout.starting import stop_canary

    return stop_canary(name, reason=reason)


@operation("finetuning.canary_list", title="List the trials that run", group="canary")
def list_running() -> list[Trial]:
    """List the trials that run now."""
    from workbench.models.routing.trials import list_trials

    return list(list_trials())
