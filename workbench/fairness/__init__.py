"""Whom a model serves worse: audits of groups, mitigation, probes of language models."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "GroupAudit": "audit.result",
        "Precision": "audit.precision",
        "Mitigation": "mitigation.result",
        "TradeOff": "mitigation.result",
        "begin_study": "mitigation.study",
        "mitigate": "mitigation.mitigate",
        "trade_off": "mitigation.trade_off",
        "audit_groups": "audit.group_audit",
        "find_slices": "audit.slices",
        "sweep_thresholds": "audit.thresholds",
        "ProbeComparison": "language.result",
        "ProbeResult": "language.result",
        "SwapResult": "language.swap_result",
        "compare_probes": "language.comparing",
        "probe": "language.operations",
        "probe_change": "language.operations",
        "run_probe": "language.probing",
        "run_swaps": "language.swapping",
        "swap": "language.operations",
    },
)
