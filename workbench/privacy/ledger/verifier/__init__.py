"""Check an exported ledger, its signed checkpoints and a proof, trusting nothing else.

    python -m verifier LEDGER.jsonl --checkpoints FOLDER --public-key public.pem
    python -m verifier PROOF.json --public-key public.pem

This folder imports nothing of the package that wrote the ledger: copy it, read it, run it
elsewhere. It needs Python 3.11 and, for signatures, the package ``cryptography``. It ends with 0
if all is as it was, with 1 if not, with 2 if it could not check.

What it checks. Each line is one entry in the form of RFC 8785, which lays down every byte of JSON;
``hash`` is the sha256 of the entry without it; ``number`` counts from 1; ``previous`` is the hash
of the entry before. Over the lines stands a Merkle tree (RFC 6962, section 2.1: leaves are hashed
with a 0 byte before them, nodes with a 1). A checkpoint is its root at some size, signed with
Ed25519.
The chain alone finds what was changed, left out or moved; a chain that was written anew as a whole
is found by a checkpoint that was kept elsewhere.
"""

from .chain import ENTRY, GENESIS, ORIGIN, Fault, Report, Walk, read_lines, verify
from .proof import PROOF_FORMAT, verify_proof
from .reading import check_file, read_folder
from .signing import (
    CHECKPOINT_FORMAT,
    CannotCheckError,
    Checkpoint,
    Signed,
    load_public_key,
    name_key,
    read_checkpoint,
)
from .tree import extends, hash_leaf, hash_nodes, includes

__all__ = [
    "CHECKPOINT_FORMAT",
    "CannotCheckError",
    "Checkpoint",
    "ENTRY",
    "Fault",
    "GENESIS",
    "ORIGIN",
    "PROOF_FORMAT",
    "Report",
    "Signed",
    "Walk",
    "check_file",
    "extends",
    "hash_leaf",
    "hash_nodes",
    "includes",
    "load_public_key",
    "name_key",
    "read_checkpoint",
    "read_folder",
    "read_lines",
    "verify",
    "verify_proof",
]
