"""What a process that decodes a stranger's photo may still do: compute. Linux; elsewhere only the limits.

    limits      memory, processor time, no file may grow, no core dump
    seccomp     a list of allowed system calls; all others fail with EPERM: no file is opened, nothing
                is connected, started, signalled or traced
    namespace   a network of its own with nothing in it, where the kernel lets us

`probe` tries to break out and reports what held, for the doctor command and the tests.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress

MEMORY = 512 * 1024 * 1024  # address space: a 25 megapixel PNG with transparency needs about 350 MB
CPU_SECONDS = 5  # the slowest photo we accept takes about 1.5 s on an old server

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_CLONE_THREAD = 0x00010000
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38, 0x80000000

# Memory, the pipe that is already open, the clock, and an end. Numbers from asm/unistd_64.h and
# asm-generic/unistd.h. `futex`, `rseq` and `rt_sig*` belong to the C library's own housekeeping. The last
# two make threads, which the HEIC decoder cannot do without: see `_filter`.
_CALLS = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0,
            "write": 1,
            "close": 3,
            "fstat": 5,
            "lseek": 8,
            "mmap": 9,
            "mprotect": 10,
            "munmap": 11,
            "brk": 12,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "mremap": 25,
            "madvise": 28,
            "sched_yield": 24,
            "getpid": 39,
            "exit": 60,
            "getcwd": 79,
            "gettimeofday": 96,
            "gettid": 186,
            "futex": 202,
            "sched_getaffinity": 204,
            "clock_gettime": 228,
            "set_robust_list": 273,
            "exit_group": 231,
            "getrandom": 318,
            "rseq": 334,
        },
        {"clone": 56, "clone3": 435},
    ),
    "aarch64": (
        0xC00000B7,
        {
            "getcwd": 17,
            "close": 57,
            "lseek": 62,
            "read": 63,
            "write": 64,
            "fstat": 80,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "set_robust_list": 99,
            "clock_gettime": 113,
            "sched_getaffinity": 123,
            "sched_yield": 124,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "gettimeofday": 169,
            "getpid": 172,
            "gettid": 178,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "mmap": 222,
            "mprotect": 226,
            "madvise": 233,
            "getrandom": 278,
            "rseq": 293,
        },
        {"clone": 220, "clone3": 435},
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def enter_worker() -> None:
    """Prepare the process that will fork the decoders: it dies with its parent and sees no network."""
    _prctl(_PR_SET_PDEATHSIG, 9)
    # Not traceable, also not by a decoder that runs under the same user.
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    with suppress(OSError):
        os.nice(10)  # the chat answers first; photos take what is left


def enter_decoder() -> None:
    """Give up everything but computing, for good. For the forked process, before it reads a byte."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))
    _forbid_system_calls()


def probe() -> dict[str, bool]:
    """Return which walls hold, by running against them. Ends the usefulness of this process."""
    enter_decoder()
    return {
        "memory": _fails(lambda: bytearray(2 * MEMORY)),
        "files": _fails(lambda: os.open("/", os.O_RDONLY)),
        "network": _fails(_connect),
        "processes": _fails(_fork),
        "signals": _fails(lambda: os.kill(os.getppid(), 0)),
    }


def _forbid_system_calls() -> bool:
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    arch, allowed, threads = known
    program = _filter(arch, sorted(allowed.values()), **threads)
    code = ctypes.create_string_buffer(program, len(program))
    filled = _Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    return _prctl(_PR_SET_NO_NEW_PRIVS, 1) and _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(filled))


def _filter(arch: int, allowed: Sequence[int], clone: int, clone3: int) -> bytes:
    """Return a BPF program over struct seccomp_data {nr, arch, ip, args}: see man 2 seccomp.

    `clone` may make a thread and no process. `clone3` hides its flags behind a pointer a filter cannot
    follow, so it is said not to exist and the C library falls back to `clone`.
    """
    load, equal, has_bit, give = 0x20, 0x15, 0x45, 0x06
    to_allow = len(allowed) + 3  # from the first test to the last step
    tests = [(equal, to_allow - place, 0, number) for place, number in enumerate(allowed)]
    steps = [
        (load, 0, 0, 4),
        (equal, 1, 0, arch),
        (give, 0, 0, _KILL),  # 32-bit calls have other numbers
        (load, 0, 0, 0),
        (equal, 0, 1, clone3),
        (give, 0, 0, _ENOSYS),
        *tests,
        (equal, 0, 2, clone),
        (load, 0, 0, 16),
        (has_bit, 1, 0, _CLONE_THREAD),
        (give, 0, 0, _EPERM),
        (give, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _prctl(option: int, value: int, pointer: int = 0) -> bool:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.prctl(option, value, ctypes.c_void_p(pointer), 0, 0) == 0)
    except (AttributeError, OSError):  # not Linux
        return False


def _fails(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, MemoryError):
        return True
    return False


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        probe_socket.connect(("192.0.2.1", 9))  # TEST-NET-1, RFC 5737: nobody is there


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
