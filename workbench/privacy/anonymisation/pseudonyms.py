"""Pseudonyms that only a key turns back: AES-SIV over what stood there (RFC 5297).

``[PERSON:K7Q2M3XA:OZ...]``: the kind, whom it means (the same for every mention of a person, a
keyed hash), and the sealed words. Sealing is deterministic, so equal words of one person give equal
pseudonyms, and authenticated, so another key or a changed letter is refused and never gives words.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from workbench.core.errors import IntegrityError

from .keys import derive

_FORM = re.compile(r"\[([A-Z_]+):([A-Z2-7]{8}):([A-Z2-7]+)\]")
_STEP_BYTES = 8  # lengths are told in steps of this only


class Pseudonyms:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        self._mark_key = derive(key, "whom")
        self._siv = AESSIV(derive(key, "seal") + derive(key, "seal, second half"))

    def seal(self, kind: str, who: str, said: str) -> str:
        """The pseudonym of a mention.

        Args:
            kind: Of what.
            who: Whom it means; equal for all mentions of one.
            said: What stood there.
        """
        mark = hmac.new(self._mark_key, f"{kind}\x1f{who}".encode(), hashlib.sha256).digest()
        whom = base64.b32encode(mark[:5]).decode()
        plain = said.encode() + b"\x80"  # padded as ISO/IEC 7816-4 pads
        plain += b"\x00" * (-len(plain) % _STEP_BYTES)
        sealed = self._siv.encrypt(plain, [kind.encode(), whom.encode()])
        return f"[{kind}:{whom}:{base64.b32encode(sealed).decode().rstrip('=')}]"

    def open(self, pseudonym: str) -> str:
        """What stood there.

        Raises:
            IntegrityError: It was made with another key, or is not as it was made.
        """
        from cryptography.exceptions import InvalidTag

        hit = _FORM.fullmatch(pseudonym)
        try:
            if hit is None:
                raise ValueError
            kind, whom, letters = hit.groups()
            sealed = base64.b32decode(letters + "=" * (-len(letters) % 8))
            plain = self._siv.decrypt(sealed, [kind.encode(), whom.encode()])
        except (InvalidTag, ValueError):
            raise IntegrityError(
                "a pseudonym does not open with this key, or was changed since it was made",
                hint="use the key file that it was made with; nothing was revealed",
            ) from None
        return plain.rstrip(b"\x00")[:-1].decode()

    def reveal(self, text: str) -> tuple[str, int]:
        """A text with all its pseudonyms opened, and how many there were.

        Raises:
            IntegrityError: One of them does not open; then nothing is revealed.
        """
        count = 0

        def opened(hit: re.Match[str]) -> str:
            nonlocal count
            count += 1
            return self.open(hit.group())

        return _FORM.sub(opened, text), count
