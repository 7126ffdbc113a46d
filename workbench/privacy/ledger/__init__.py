"""The audit ledger with evidence: signed checkpoints, proofs, erasure and exports.

The chain itself is ``store/ledger.py``. ``verifier`` is a folder that needs none of the others.
"""
