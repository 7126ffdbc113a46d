"""Measures with their uncertainty: perplexity, matches, calibration, bootstrap intervals.

What a gate asks for is a check: a named value with the bounds that it must lie in.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Check": "checks",
        "Interval": "bootstrap",
        "Perplexity": "perplexity",
        "apply_temperature": "temperature",
        "bootstrap_interval": "bootstrap",
        "bootstrap_difference": "bootstrap",
        "brier_score": "calibration",
        "check": "checks",
        "is_exact_match": "exact_match",
        "expected_calibration_error": "calibration",
        "fit_temperature": "temperature",
        "follow_difference": "sequential",
        "follow_mean": "sequential",
        "kernel_two_sample_test": "kernel_two_sample",
        "measure_perplexity": "perplexity",
        "normalise_answer": "exact_match",
        "read_frozen": "frozen_texts",
        "register_check": "checks",
        "registered_checks": "checks",
        "reliability_curve": "calibration",
        "run_check": "checks",
        "score_answers": "exact_match",
        "token_f1": "exact_match",
    },
)
