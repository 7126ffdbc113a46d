"""Privacy: what may be learnt from data about a person, bounded, measured and written down."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Budgets": "dp.budget",
        "EncryptedClient": "encryption.client",
        "PrivateTraining": "dp.make_private",
        "account": "dp.accounting",
        "find_noise_multiplier": "dp.calibration",
        "make_private": "dp.make_private",
        "anonymise_table": "anonymisation.tables.assessing",
        "anonymise_texts": "anonymisation.texts",
        "assess_table": "anonymisation.tables.assessing",
        "check_table": "anonymisation.checking",
        "check_texts": "anonymisation.checking",
        "compile_encrypted": "encryption.compiling",
        "compute_securely": "secure.applying",
        "encrypt_infer": "encryption.operations",
        "encrypted_server": "encryption.server_process",
        "erase_person": "ledger.erasing",
        "infer_securely": "secure.inference",
        "join_privately": "secure.joining",
        "make_checkpoint": "ledger.checkpoints",
        "make_encryption_keys": "encryption.keys",
        "record": "ledger.recording",
        "verify_evidence": "ledger.checking",
    },
)
