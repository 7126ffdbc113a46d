"""Ways out of a sandbox. Each is tried for real, within bounds that a machine survives.

``python probes.py NAME ARGUMENTS`` prints ``{"got": ..., "why": ...}``: what was achieved, empty
if nothing was. The standard library alone, so that it runs anywhere.
"""

# The probes call the system as an attacker would.
# ruff: noqa: PTH115, PTH208, SIM105

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: object) -> int:
    result = LIBC.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return int(result)


def number_of(name: str) -> int:
    x86 = {
        "keyctl": 250, "add_key": 248, "io_uring_setup": 425, "bpf": 321, "perf_event_open": 298,
        "userfaultfd": 323, "clone": 56, "clone3": 435, "open_by_handle_at": 304,
    }  # fmt: skip
    arm = {
        "keyctl": 219, "add_key": 217, "io_uring_setup": 425, "bpf": 280, "perf_event_open": 241,
        "userfaultfd": 282, "clone": 220, "clone3": 435, "open_by_handle_at": 265,
    }  # fmt: skip
    return (x86 if os.uname().machine == "x86_64" else arm)[name]


def read(path: str) -> object:
    return Path(path).read_text()


def listing(path: str) -> object:
    return sorted(os.listdir(path))


def write(path: str) -> object:
    Path(path).write_text("was here")
    return path


def connect(host: str, port: str) -> object:
    with socket.create_connection((host, int(port)), timeout=3) as sock:
        return sock.recv(100).decode()


def abstract_socket(name: str) -> object:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("\0" + name)
        return sock.recv(100).decode()


def interfaces() -> object:
    # Not by a netlink socket: the filter refuses those, whatever the namespace holds.
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return [name for line in lines if (name := line.split(":")[0].strip()) != "lo"]


def family(number: str) -> object:
    """A socket of a family that no network namespace holds, e.g. 40: from a machine to its host."""
    with socket.socket(int(number), socket.SOCK_RAW if int(number) == 16 else socket.SOCK_STREAM):
        return f"a socket of family {number}"


def hidden_family(number: str) -> object:
    """The same, with a high bit set that the kernel drops and a careless filter compares."""
    call = 41 if os.uname().machine == "x86_64" else 198
    kind = socket.SOCK_RAW if int(number) == 16 else socket.SOCK_STREAM
    values = ((1 << 32) | int(number), int(kind), 0)
    os.close(system_call(call, *(ctypes.c_ulong(value) for value in values)))
    return f"a socket of family {number}"


def fork_bomb(count: str) -> object:
    children = []
    try:
        for _ in range(int(count)):
            pid = os.fork()
            if pid == 0:
                time.sleep(30)
                os._exit(0)
            children.append(pid)
    except OSError:
        pass
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(children)


def take_memory(size: str) -> object:
    held = bytearray(int(size))
    held[::4096] = b"x" * len(held[::4096])
    return len(held)


def fill(folder: str, size: str) -> object:
    """Write files of a megabyte until there is no room or enough is written."""
    written = 0
    try:
        for number in range(int(size) >> 20):
            Path(folder, f"fill-{number}").write_bytes(bytes(1 << 20))
            written += 1 << 20
    except OSError:
        pass
    for file in Path(folder).glob("fill-*"):
        file.unlink()
    return written


def big_file(size: str) -> object:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = Path("big")
    try:
        with path.open("wb") as file:
            for _ in range(int(size) >> 16):
                file.write(bytes(1 << 16))
            file.flush()
        return path.stat().st_size
    finally:
        path.unlink()


def open_files(count: str) -> object:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, int(count) + 50), hard))
    held = []
    try:
        held.extend(os.open("/dev/null", os.O_RDONLY) for _ in range(int(count)))
    except OSError:
        pass
    return len(held)


def raise_limits() -> object:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def most_of_first(name: str) -> object:
    """What the namespace's first process may take, whose memory we may write: so could we."""
    return resource.prlimit(1, getattr(resource, name))[1]


def signal_process(pid: str) -> object:
    os.kill(int(pid), 0)
    return f"may signal {pid}"


def trace_process(pid: str) -> object:
    """PTRACE_ATTACH, and detach again."""
    if LIBC.ptrace(16, int(pid), None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    os.waitpid(int(pid), 0)
    LIBC.ptrace(17, int(pid), None, None)
    return f"traced {pid}"


def trace_child() -> object:
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(0)
    try:
        return trace_process(str(pid))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def read_memory_of_supervisor() -> object:
    """The supervisor hands over results: who can read or write it can forge them at leisure."""
    return Path(f"/proc/{os.getppid()}/environ").read_bytes().decode() or "empty"


def environment_of(pid: str) -> object:
    return "hunter2" in Path(f"/proc/{pid}/environ").read_text()


def process_list() -> object:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def secret() -> object:
    return os.environ["WORKBENCH_TEST_SECRET"]


def new_user_namespace() -> object:
    if LIBC.unshare(0x10000000) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return "a user namespace"


def clone_user_namespace() -> object:
    pid = system_call(number_of("clone"), ctypes.c_ulong(0x10000000 | signal.SIGCHLD), 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "a user namespace"


def clone3_is_there() -> object:
    try:
        system_call(number_of("clone3"), None, 0)
    except OSError as error:
        if error.errno == errno.ENOSYS:
            raise
    return "clone3 answers"


def keyring() -> object:
    system_call(number_of("keyctl"), 0, ctypes.c_long(-3), 1)
    return "a session keyring"


def io_uring() -> object:
    os.close(system_call(number_of("io_uring_setup"), 1, ctypes.create_string_buffer(120)))
    return "a ring"


def mount() -> object:
    if LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    LIBC.umount2(b"/tmp", 2)
    return "a mount"


def capabilities() -> object:
    lines = Path("/proc/self/status").read_text().splitlines()
    return [line for line in lines if line.startswith("Cap") and int(line.split()[1], 16)]


def become_root() -> object:
    os.setuid(0)
    return os.getuid()


def descriptors() -> object:
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if int(name) > 2 and target != "/proc/self/fd" and not target.startswith("/proc/"):
            found.append(target)
    return found


def main() -> None:
    name, *arguments = sys.argv[1:]
    try:
        said = {"got": globals()[name](*arguments), "why": ""}
    except (OSError, KeyError, MemoryError, ValueError) as error:
        said = {"got": None, "why": f"{type(error).__name__}: {error}"}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
