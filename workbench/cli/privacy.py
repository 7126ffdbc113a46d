"""How the privacy room's results look in a terminal; each part has a file of its own."""

from __future__ import annotations

from workbench.cli.privacy_anonymisation import (
    show_anonymise,
    show_new_key,
    show_reveal,
    show_risk,
)
from workbench.cli.privacy_dp import (
    show_account,
    show_accuracy_by_epsilon,
    show_attack,
    show_attribute,
    show_budget_set,
    show_budget_show,
    show_budget_spends,
    show_canaries,
    show_exposure,
    show_membership,
    show_statistic,
    show_synthesise,
    show_train,
)
from workbench.cli.privacy_encryption import (
    listen_encryption_serve,
    show_encrypt_infer,
    show_encryption_ask,
    show_encryption_compile,
    show_encryption_keys,
    show_encryption_serve,
)
from workbench.cli.privacy_ledger import (
    show_ledger_checkpoint,
    show_ledger_checkpoints,
    show_ledger_erase,
    show_ledger_export,
    show_ledger_prove,
    show_ledger_tell,
    show_ledger_verify,
)
from workbench.cli.privacy_secure import show_secure_apply, show_secure_infer, show_secure_join

__all__ = [
    "listen_encryption_serve",
    "show_encrypt_infer",
    "show_encryption_ask",
    "show_encryption_compile",
    "show_encryption_keys",
    "show_encryption_serve",
    "show_account",
    "show_anonymise",
    "show_new_key",
    "show_reveal",
    "show_risk",
    "show_accuracy_by_epsilon",
    "show_attack",
    "show_attribute",
    "show_budget_set",
    "show_budget_show",
    "show_budget_spends",
    "show_canaries",
    "show_exposure",
    "show_membership",
    "show_ledger_checkpoint",
    "show_ledger_checkpoints",
    "show_ledger_erase",
    "show_ledger_export",
    "show_ledger_prove",
    "show_ledger_tell",
    "show_ledger_verify",
    "show_secure_apply",
    "show_secure_infer",
    "show_secure_join",
    "show_statistic",
    "show_synthesise",
    "show_train",
]
