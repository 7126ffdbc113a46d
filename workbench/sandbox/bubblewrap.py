"""The command line of a bubblewrap sandbox.

A plain ``bwrap --unshare-all`` as root leaves a fork bomb, all memory, ptrace, new namespaces and
the kernel's keyrings open, and its own root folder writable. So root is given up first
(``launch.py``), no namespace can be made inside, nothing but ``FOLDER`` can be written, and there
is a system-call filter; the limits are set inside, where they count this sandbox alone.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from .limits import Limits

FOLDER = "/box"
GIVEN = "/given"
_USER = 65534
_TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("ld.so.cache", "alternatives", "localtime")
_ETC_NETWORK = ("resolv.conf", "ssl", "ca-certificates", "nsswitch.conf")
_ENVIRONMENT = ("bin", "lib", "lib64", "share", "etc", "pyvenv.cfg")
_SHARED_MEMORY_BYTES = 64 << 20
PASSWD = f"nobody:x:{_USER}:{_USER}:nobody:{FOLDER}:/bin/sh\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"


def stage(places: dict[str, Path], folder: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """The same layout through a folder of mounts, and what is to be mounted there by name."""
    staged = {place: folder / f"{number:02}" for number, place in enumerate(places)}
    sources = {staged[place].name: str(source.resolve()) for place, source in places.items()}
    return staged, sources


def open_folder() -> Path:
    """A folder that everybody may enter; what lies in it is covered for the sandbox alone."""
    return next(path for path in map(Path, ("/mnt", "/media", "/srv", "/tmp")) if path.is_dir())


def system_layout(*, network: bool) -> dict[str, Path]:
    """The system's programs and libraries, this Python, its packages and this package."""
    found = {"/usr": Path("/usr")}
    for name in _TOP:
        path = Path("/") / name
        if path.is_dir() and not path.is_symlink():
            found[str(path)] = path
    for name in (*_ETC, *(_ETC_NETWORK if network else ())):
        path = Path("/etc") / name
        if path.exists():
            found[str(path)] = path
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        found[sys.base_prefix] = Path(sys.base_prefix)
    if sys.prefix != sys.base_prefix:
        # By its parts: people, and our own tests, keep other things in the folder as well.
        for name in _ENVIRONMENT:
            path = Path(sys.prefix) / name
            if path.exists() and not path.is_symlink():
                found[str(path)] = path
    package = own_package()
    if package is not None:
        found[str(package)] = package
    return found


def own_package() -> Path | None:
    """This package's folder; None where the environment has it among its own packages."""
    package = Path(__file__).resolve().parents[1]
    return None if package.is_relative_to(Path(sys.prefix).resolve()) else package


def command_line(
    bwrap: str,
    places: dict[str, Path],
    *,
    limits: Limits,
    network: bool,
    filter_fd: int,
) -> list[str]:
    """Everything before the program's own command.

    Args:
        bwrap: Its path.
        places: Where on the host lies what is to stand where inside.
        limits: Of which the room for files is set here.
        network: Leave the machine's network open.
        filter_fd: A descriptor that holds the system-call filter.
    """
    command = [bwrap, "--unshare-all", *(["--share-net"] if network else [])]
    command += ["--unshare-user", "--uid", str(_USER), "--gid", str(_USER), "--disable-userns"]
    command += ["--cap-drop", "ALL", "--clearenv", "--new-session", "--die-with-parent"]
    command += ["--hostname", "sandbox", "--proc", "/proc", "--dev", "/dev"]
    shared = str(min(_SHARED_MEMORY_BYTES, limits.disk_bytes))
    command += ["--size", shared, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    command += ["--size", str(limits.disk_bytes), "--tmpfs", FOLDER]
    command += ["--dir", f"{FOLDER}/tmp", "--symlink", f"{FOLDER[1:]}/tmp", "/tmp"]
    for name in _TOP:
        path = Path("/") / name
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
    # A folder before what lies inside of it: otherwise its mount would hide the other.
    for place in sorted(places, key=lambda place: place.count("/")):
        command += ["--ro-bind", str(places[place]), place]
    link = Path(sys.prefix) / "lib64"  # a virtual environment has it as a link
    if link.is_symlink() and sys.prefix != sys.base_prefix:
        command += ["--symlink", str(link.readlink()), str(link)]
    # Last: bwrap's own root folder can be written to until now.
    command += ["--remount-ro", "/", "--chdir", FOLDER, "--seccomp", str(filter_fd), "--"]
    return command


def unprivileged_user() -> int:
    """A user id for one sandbox, from a range that no system gives to anybody."""
    return 1_900_000_000 + secrets.randbelow(100_000_000)
