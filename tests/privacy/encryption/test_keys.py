"""Keys: who may read them, how many there are, and where a secret one is found."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    AccessError,
    CancelledError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.privacy.encryption.compiling import Compiled, compile_encrypted
from workbench.privacy.encryption.keys import (
    KeyFolder,
    load_secret_key,
    load_server_keys,
    make_encryption_keys,
    read_folder,
    read_given,
)
from workbench.privacy.encryption.scheme import load, scheme_of, sealapi
from workbench.privacy.encryption.secrets_found import is_kind, refuse_secret_keys
from workbench.store.ledger import Ledger

from .made import keys_for, made_rows


def test_only_the_rotations_of_the_plan_have_keys(small: Compiled, small_keys: KeyFolder) -> None:
    scheme = scheme_of(small.plan.parameters)
    content = (small_keys.for_server / "galois.key").read_bytes()
    galois = load("GaloisKeys", content, scheme, what="galois")
    slots = small.plan.parameters.slots
    there = [step for step in range(1, slots) if galois.has_key(scheme.galois_element(step))]
    assert there == list(small.plan.steps) and len(there) == small_keys.galois_keys == 3
    # Against the full set of SEAL, made here for once.
    full = sealapi().KeyGenerator(scheme.context)
    made = sealapi().GaloisKeys()
    full.create_galois_keys(made)
    elements = [scheme.galois_element(s) for i in range(12) for s in (1 << i, slots - (1 << i))]
    count = len({each for each in elements if made.has_key(each)}) + made.has_key(2 * 8192 - 1)
    assert count == small_keys.full_galois_keys
    assert small_keys.full_galois_bytes > 5 * small_keys.galois_bytes


def test_the_secret_key_is_its_owners_alone(
    small: Compiled, small_keys: KeyFolder, tmp_path: Path
) -> None:
    made = make_encryption_keys(small.plan, tmp_path / "client")
    secret = tmp_path / "client" / "secret.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "client").stat().st_mode) == 0o700
    assert sorted(path.name for path in made.for_server.iterdir()) == [
        "galois.key", "public.key", "relin.key",
    ]  # fmt: skip
    assert read_folder(tmp_path / "client") == made != small_keys
    (entry,) = Ledger().entries()
    assert (entry.action, entry.subject) == ("privacy.key", f"encryption key {made.key[:16]}")
    with pytest.raises(ConflictError, match=r"secret\.key is there"):
        make_encryption_keys(small.plan, tmp_path / "client")
    secret.chmod(0o640)
    with pytest.raises(AccessError, match="its mode is 640, and must be 600"):
        load_secret_key(tmp_path / "client", scheme_of(small.plan.parameters))
    secret.unlink()
    with pytest.raises(NotFoundError, match="no secret key"):
        load_secret_key(tmp_path / "client", scheme_of(small.plan.parameters))


def test_a_cancelled_making_leaves_no_secret_key(small: Compiled, tmp_path: Path) -> None:
    token = CancelToken()
    token.watch(lambda: (tmp_path / "secret.key").exists())
    with pytest.raises(CancelledError), cancellable(token):
        make_encryption_keys(small.plan, tmp_path)
    assert not (tmp_path / "secret.key").exists()
    assert not Ledger().entries()


def test_keys_of_another_plan_and_broken_ones_are_refused(
    small: Compiled, small_keys: KeyFolder
) -> None:
    contents = read_given(small_keys.for_server)
    with pytest.raises(IntegrityError, match=r"relin\.key is cut off"):
        load_server_keys({**contents, "relin.key": contents["relin.key"][:-1]}, small.plan)
    with pytest.raises(IntegrityError, match=r"galois\.key is no GaloisKeys of this plan"):
        load_server_keys({**contents, "galois.key": contents["public.key"]}, small.plan)
    other = compile_encrypted(small.network, made_rows(9, 8), scale_bits=38, ring=8192).plan
    with pytest.raises(IntegrityError, match=r"public\.key is no PublicKey of this plan"):
        load_server_keys(contents, other)
    with pytest.raises(NotFoundError, match=r"no public\.key"):
        read_given(small_keys.folder)


def test_a_secret_key_in_a_servers_folder_is_found(
    small: Compiled, small_keys: KeyFolder, small_server: Path, tmp_path: Path
) -> None:
    scheme = scheme_of(small.plan.parameters)
    refuse_secret_keys(small_server, scheme)
    refuse_secret_keys(small_keys.for_server, scheme)
    content = (small_keys.folder / "secret.key").read_bytes()
    kinds = ("SecretKey", "PublicKey", "RelinKeys", "GaloisKeys", "Ciphertext")
    assert [kind for kind in kinds if is_kind(kind, content, scheme)] == ["SecretKey"]
    hidden = {
        "secret.key": b"", "notes/model.bin": content, "model.tar": b"x" * 700 + content + b"y",
    }  # fmt: skip
    for name, said in hidden.items():
        path = tmp_path / name.replace("/", "-") / name
        path.parent.mkdir(parents=True)
        path.write_bytes(said)
        with pytest.raises(InputError, match="a secret key in a server folder") as caught:
            refuse_secret_keys(tmp_path / name.replace("/", "-"), scheme)
        assert "make new keys" in str(caught.value.hint)


def test_secret_keys_of_others_are_refused_too(
    small: Compiled, small_keys: KeyFolder, tmp_path: Path
) -> None:
    """Of other parameters, and inside of what TenSEAL writes of a whole context."""
    import tenseal

    scheme = scheme_of(small.plan.parameters)
    other = compile_encrypted(small.network, made_rows(9, 8), scale_bits=38, ring=8192)
    folder = keys_for(other, tmp_path / "other").folder
    context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, 4096, coeff_mod_bit_sizes=[40, 20, 40])
    for number, content in enumerate(
        [(folder / "secret.key").read_bytes(), context.serialize(save_secret_key=True)]
    ):
        place = tmp_path / str(number)
        place.mkdir()
        (place / "innocent.bin").write_bytes(content)
        with pytest.raises(InputError, match="a secret key may be in a server folder"):
            refuse_secret_keys(place, scheme)
