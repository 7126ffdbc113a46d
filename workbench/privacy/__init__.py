"""Privacy: what may be learnt from data about a person, bounded, measured and written down."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Budgets": "dp.budget",
        "PrivateTraining": "dp.make_private",
        "account": "dp.accounting",
        "find_noise_multiplier": "dp.calibration",
        "make_private": "dp.make_private",
        "anonymise_table": "anonymisation.tables.assessing",
        "anonymise_texts": "anonymisation.texts",
        "assess_table": "anonymisation.tables.assessing",
        "check_texts": "anonymisation.checking",
        "compute_securely": "secure.applying",
        "erase_person": "ledger.erasing",
        "infer_securely": "secure.inference",
        "join_privately": "secure.joining",
        "make_checkpoint": "ledger.checkpoints",
        "record": "ledger.recording",
        "verify_evidence": "ledger.checking",
    },
)
