"""Run a command where nothing but this machine can be reached, and count what tried to leave it.

    python tools/without_network.py make report

The command gets a network of its own in which there is only loopback (a Linux network namespace;
root or a kernel that lets users make one). Whatever it or its children send elsewhere finds no
route, and the kernel counts that; so the figure holds also for what fails in silence. The exit
status is the command's, or 3 if something tried to leave.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
TRIED_TO_LEAVE = 3


def enter_own_network() -> None:
    """Leave this process, and all that it starts, with loopback alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | (0 if user == 0 else CLONE_NEWUSER)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace can be made here")
    if user != 0:  # stay who we are, so that files belong to the same user as outside
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        name = b"lo".ljust(16, b"\0")
        found = fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16sH22x", name, 0))
        now = struct.unpack("16sH22x", found)[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sH22x", name, now | IFF_UP))


def attempts() -> int:
    """How often something was sent that could only have gone elsewhere, since the network began.

    That is: no route in either version of IP, and datagrams to a port that nobody holds, as a
    look-up of a name is where the name server's address is one of this machine.
    """
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    counted = {
        f"{names[0]}{name}": int(value)
        for names, values in zip(lines[::2], lines[1::2], strict=True)
        for name, value in zip(names[1:], values[1:], strict=True)
    }
    total = counted["Ip:OutNoRoutes"] + counted["Udp:NoPorts"]
    snmp6 = Path("/proc/net/snmp6")
    if snmp6.is_file():
        six = dict(line.split() for line in snmp6.read_text().splitlines())
        total += int(six["Ip6OutNoRoutes"]) + int(six["Udp6NoPorts"])
    return total


def main() -> int:
    if len(sys.argv) < 2 or not sys.platform.startswith("linux"):
        print("usage, on Linux: python tools/without_network.py COMMAND...", file=sys.stderr)
        return 2
    enter_own_network()
    status = subprocess.run(sys.argv[1:], check=False).returncode
    tried = attempts()
    print(f"sent towards other machines: {tried}", file=sys.stderr)
    return status or (TRIED_TO_LEAVE if tried else 0)


if __name__ == "__main__":
    sys.exit(main())
