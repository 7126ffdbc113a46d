"""The tree and its proofs against pymerkle, and what a proof of something else is worth."""

from __future__ import annotations

import functools

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import InputError
from workbench.privacy.ledger.merkle import MerkleTree
from workbench.privacy.ledger.verifier import extends, hash_leaf, hash_nodes, includes

MOST = 70
LINES = [f"entry {number}".encode() for number in range(MOST)]


@functools.cache
def ours() -> MerkleTree:
    return MerkleTree(LINES)


@functools.cache
def theirs() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for line in LINES:
        tree.append_entry(line)
    return tree


def test_a_known_tree() -> None:
    """Seven leaves, the inputs and the root of the certificate-transparency test vectors."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    tree = MerkleTree(bytes.fromhex(leaf) for leaf in leaves)
    known = "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
    assert tree.root().hex() == known
    assert tree.root(0).hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert tree.root(1) == hash_leaf(b"")


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_roots_and_proofs_are_pymerkles(size: int) -> None:
    tree, oracle = ours(), theirs()
    assert tree.root(size) == oracle.get_root(size)
    for index in {0, size // 3, size // 2, size - 1}:
        proof = oracle.prove_inclusion(index + 1, size)
        pymerkle.verify_inclusion(hash_leaf(LINES[index]), tree.root(size), proof)
        assert path_of(proof, hash_leaf(LINES[index])) == tree.inclusion(index, size=size)
        assert includes(
            hash_leaf(LINES[index]),
            index,
            size=size,
            path=tree.inclusion(index, size=size),
            root=oracle.get_root(size),
        )
    for older in {1, size // 2 or 1, (2 * size) // 3 or 1, size}:
        assert extends(
            oracle.get_root(older),
            oracle.get_root(size),
            older_size=older,
            newer_size=size,
            path=tree.consistency(older, size=size),
        )


def path_of(proof: pymerkle.MerkleProof, leaf: bytes) -> list[bytes]:
    """An inclusion path of pymerkle's without the leaf that it begins or ends with."""
    path = [bytes.fromhex(node) if isinstance(node, str) else node for node in proof.path]
    path.remove(leaf)
    return path


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_proof_of_another_thing_is_refused(data: st.DataObject) -> None:
    tree = ours()
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    path, root = tree.inclusion(index, size=size), tree.root(size)
    leaf = hash_leaf(LINES[index])
    other = data.draw(st.integers(0, size - 1).filter(lambda given: given != index))
    assert not includes(leaf, other, size=size, path=path, root=root)
    assert not includes(hash_leaf(LINES[other]), index, size=size, path=path, root=root)
    assert not includes(leaf, index, size=size, path=[*path, root], root=root)
    assert not includes(leaf, index, size=size, path=path[:-1], root=root)
    assert not includes(leaf, index + size, size=size, path=path, root=root)
    bit = data.draw(st.integers(0, 255))
    turned = (int.from_bytes(root) ^ (1 << bit)).to_bytes(32)
    assert not includes(leaf, index, size=size, path=path, root=turned)


@settings(max_examples=300, deadline=None)
@given(older=st.integers(1, MOST - 1), grown=st.integers(1, MOST), bit=st.integers(0, 255))
def test_a_tree_that_does_not_go_on_is_refused(older: int, grown: int, bit: int) -> None:
    tree = ours()
    newer = min(MOST, older + grown)
    path = tree.consistency(older, size=newer)
    sizes = {"older_size": older, "newer_size": newer}
    roots = [tree.root(older), tree.root(newer)]
    assert extends(*roots, path=path, **sizes)
    for place in (0, 1):
        wrong = list(roots)
        wrong[place] = (int.from_bytes(roots[place]) ^ (1 << bit)).to_bytes(32)
        assert not extends(*wrong, path=path, **sizes)
    assert not extends(*roots, path=path[:-1], **sizes)
    assert not extends(*roots, path=[*path, path[0]], **sizes)
    changed = [*LINES[: older - 1], b"another", *LINES[older:]]
    assert not extends(
        tree.root(older),
        MerkleTree(changed).root(newer),
        path=MerkleTree(changed).consistency(older, size=newer),
        **sizes,
    )


def test_a_tree_without_the_mark_of_leaves_is_caught() -> None:
    """RFC 6962's second preimage: without 0 and 1 before them, a node can be sold as a leaf."""
    tree = MerkleTree(LINES[:2])
    forged = hash_leaf(LINES[0]) + hash_leaf(LINES[1])
    assert hash_nodes(hash_leaf(LINES[0]), hash_leaf(LINES[1])) == tree.root()
    assert hash_leaf(forged) != tree.root()
    assert not includes(hash_leaf(forged), 0, size=1, path=[], root=tree.root())


def test_places_that_are_not_there_are_refused() -> None:
    with pytest.raises(InputError, match="no leaf 3"):
        MerkleTree(LINES[:3]).inclusion(3)
    with pytest.raises(InputError, match="3 leaves, not 4"):
        MerkleTree(LINES[:3]).root(4)
    with pytest.raises(InputError, match="does not go on"):
        MerkleTree(LINES[:3]).consistency(0)
