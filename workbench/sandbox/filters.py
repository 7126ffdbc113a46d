"""Which system calls a sandboxed program is refused, as a filter for the kernel.

What the namespaces leave open is closed here: other ways into namespaces, other processes'
memory, kernel keyrings, and parts of the kernel that such programs have no use for and in which
faults are found year after year.
"""

from __future__ import annotations

import errno
import functools
import tempfile
from typing import Any

from workbench.core.errors import DependencyError
from workbench.core.optional import require

REFUSED = (  # noqa: SIM905  61 quoted words, a line each, read worse
    # other processes
    "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd pidfd_open "
    # namespaces and mounts
    "unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount "
    "fspick mount_setattr name_to_handle_at open_by_handle_at quotactl quotactl_fd "
    # kernel keyrings
    "add_key request_key keyctl "
    # parts of the kernel with a long list of faults
    "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register vmsplice "
    "landlock_restrict_self "
    # the machine itself
    "acct delete_module finit_module init_module ioperm iopl kexec_file_load kexec_load "
    "lookup_dcookie nfsservctl reboot settimeofday clock_settime clock_adjtime adjtimex stime "
    "swapoff swapon syslog sysfs uselib vhangup fanotify_init move_pages migrate_pages "
    "modify_ldt personality"
).split()

_NAMESPACE_BITS = (
    0x00020000,  # CLONE_NEWNS
    0x02000000,  # CLONE_NEWCGROUP
    0x04000000,  # CLONE_NEWUTS
    0x08000000,  # CLONE_NEWIPC
    0x10000000,  # CLONE_NEWUSER
    0x20000000,  # CLONE_NEWPID
    0x40000000,  # CLONE_NEWNET
)
# AF_UNIX, AF_INET, AF_INET6. Not AF_VSOCK: no namespace holds it, it leads to the machine's host.
_FAMILIES = (1, 2, 10)
_TERMINAL_REQUESTS = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into somebody's terminal
_INT = 0xFFFFFFFF  # the kernel reads such an argument as an int: higher bits must not hide it


@functools.cache
def filter_bytes() -> bytes:
    """The filter as BPF, for ``bwrap --seccomp``. Built once a process.

    Raises:
        DependencyError: pyseccomp or the libseccomp that it needs is not there.
    """
    try:
        seccomp = require("pyseccomp", extra="sandbox")
    except RuntimeError as error:  # how pyseccomp says that it does not find the C library
        raise DependencyError(
            f"the system library libseccomp is not there: {error}", hint="apt install libseccomp2"
        ) from None
    made = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in REFUSED:
        _refuse(seccomp, made, name, errno.EPERM)
    # Its flags lie in memory, where no filter can read them; the C library then uses clone.
    _refuse(seccomp, made, "clone3", errno.ENOSYS)
    for bit in _NAMESPACE_BITS:
        _refuse(seccomp, made, "clone", errno.EPERM, seccomp.Arg(0, seccomp.MASKED_EQ, bit, bit))
    for family in set(range(64)) - set(_FAMILIES):
        _refuse_value(seccomp, made, "socket", 0, family)
    for bit in range(6, 32):
        only = seccomp.Arg(0, seccomp.MASKED_EQ, 1 << bit, 1 << bit)
        _refuse(seccomp, made, "socket", errno.EAFNOSUPPORT, only)
    for request in _TERMINAL_REQUESTS:
        _refuse_value(seccomp, made, "ioctl", 1, request)
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def _refuse_value(seccomp: Any, made: Any, name: str, place: int, value: int) -> None:
    only = seccomp.Arg(place, seccomp.MASKED_EQ, _INT, value)
    _refuse(seccomp, made, name, errno.EAFNOSUPPORT if name == "socket" else errno.EPERM, only)


def _refuse(seccomp: Any, made: Any, name: str, error: int, *only: Any) -> None:
    try:
        seccomp.resolve_syscall(seccomp.system_arch(), name)
    except ValueError:  # not a call of this processor, or too new for this libseccomp
        return
    made.add_rule(seccomp.ERRNO(error), name, *only)
