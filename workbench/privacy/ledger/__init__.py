"""The audit ledger with evidence: signed checkpoints, proofs, erasure and exports.

The chain itself is ``store/ledger.py``. ``verifier.py`` is one file that needs none of the others.
"""
