"""What can be wrong, said in a word that programs know and a sentence that people read."""

from __future__ import annotations

# The words, and what each stands for.
CODES = {
    "integrity": "bytes are not those that were signed",
    "input": "what was asked for or given is of no known form",
    "not-found": "something is not there",
    "platform": "the bundle is for another processor, system or runtime",
    "architecture": "the runtime cannot run this kind of model, or read its weights",
    "clock": "the clock here is far off",
    "expired": "the bundle's time is over",
    "older": "the version is older than one that was in use",
    "two-masters": "another line of versions, other keys, or two versions of one number",
    "refused-before": "this version did not start here",
    "unhealthy": "a new version did not start",
    "storage": "the disk is full or cannot be written",
    "fetch": "the source cannot be reached, or broke off",
    "engine": "the runtime stopped or answered with a fault",
    "memory": "it does not fit in the memory that was stated",
    "busy": "another process works on this device's folder",
    "access": "the other side did not accept who this is",
}


class Fault(Exception):  # noqa: N818 - apart from the errors of the rest, which are not here
    """Something is wrong, by name. ``code`` is one of ``CODES``, ``hint`` says what to try."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        assert code in CODES, code
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint

    def plain(self) -> dict[str, str]:
        """As data."""
        return {"code": self.code, "message": self.message, "hint": self.hint}
