"""Packages that only some rooms need, asked for by name and extra."""

from __future__ import annotations

import importlib
import importlib.util
import shlex
import sys
from pathlib import Path
from types import ModuleType

from .errors import DependencyError


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional package.

    Raises:
        DependencyError: It is not installed; the hint names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != top:
            raise  # the package is there, and something that it needs itself is not
        raise _missing(top, extra) from None


def require_installed(module: str, *, extra: str) -> None:
    """Make sure that a package is there, without the seconds that its import may take.

    Raises:
        DependencyError: It is not installed; the hint names the extra that brings it.
    """
    if not available(module):
        raise _missing(module.partition(".")[0], extra)


def available(module: str) -> bool:
    """Whether a package can be imported, found without importing it."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def install_command(extra: str) -> str:
    """What installs an extra here, by how this package came to be installed.

    The environment that ``make`` made gets what its lock file states; a checkout that is installed
    elsewhere, or not at all, is installed with the extra; what came from an address or a folder is
    asked for there again.
    """
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    origin = _origin()
    if origin is None:
        return f"{pip} 'workbench[{extra}]'"
    checkout = Path(origin)
    if not checkout.is_dir():
        return f"{pip} {shlex.quote(f'workbench[{extra}] @ {origin}')}"
    if Path(sys.prefix) == checkout / ".venv" and (checkout / "requirements.lock").is_file():
        lock = shlex.quote(str(checkout / "requirements.lock"))
        return f"{pip} --no-deps --require-hashes -r {lock}"
    return f"{pip} --editable {shlex.quote(f'{origin}[{extra}]')}"


def _origin() -> str | None:
    """The checkout that this package stands in, or the address that it was installed from; None
    where only its name is known."""
    import json
    from importlib import metadata
    from urllib.parse import unquote, urlsplit

    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return str(checkout)
    try:
        told = metadata.distribution("workbench").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    if told is None:
        return None
    found = json.loads(told)
    url = urlsplit(found["url"])
    if url.scheme == "file" and "dir_info" in found:
        return unquote(url.path)
    kind = found.get("vcs_info", {}).get("vcs")
    return f"{kind}+{found['url']}" if kind else str(found["url"])


def _missing(top: str, extra: str) -> DependencyError:
    return DependencyError(
        f"the package {top!r} is not installed",
        hint=install_command(extra),
        module=top,
        extra=extra,
    )
