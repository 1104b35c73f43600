"""One command, measured with everything that it starts: CPU seconds, wall seconds, peak memory.

CPU is what the kernel accounted to the processes when they were reaped, so that short-lived ones count in full. This
process makes itself the one that orphans fall to: a Java machine that outlives its Python is counted too.
"""

import ctypes
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.01
# Finding children walks all processes of the machine: too dear to do at every sample.
LOOK_FOR_CHILDREN_EVERY = 10
ORPHANS_WAIT_SECONDS = 30
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
# ru_maxrss is KiB on Linux and bytes on macOS (getrusage(2) of each).
MAXRSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
LONGEST_COMPLAINT = 2_000


@dataclass(frozen=True)
class Measured:
    """What one run of a command took."""

    cpu_s: float
    wall_s: float
    peak_mb: float  # 10^6 bytes, resident, all processes of the tree at one moment
    exit_code: int
    stdout: str
    complaint: str  # the end of stderr


def adopt_orphans() -> None:
    """Makes orphaned grandchildren our children. Where there is no such call, only reaped children are counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(command: list[str], environment: dict[str, str], logs: Path) -> Measured:
    """Runs a command to its end. Its output goes to files: a full pipe would make it wait for us."""
    stdout, stderr = logs / "stdout", logs / "stderr"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    redirect = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(stdout), flags, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, str(stderr), flags, 0o644),
    ]
    start = time.monotonic()
    root = os.posix_spawnp(command[0], command, environment, file_actions=redirect)
    try:
        status, usage, peak_bytes = watch(root)
        wall_s = time.monotonic() - start
        cpu_s = cpu_seconds(usage) + reap_orphans()
    except BaseException:
        kill_tree(root)
        raise
    # A peak between two samples is known of the largest single process at least.
    peak_bytes = max(peak_bytes, usage.ru_maxrss * MAXRSS_UNIT_BYTES)
    return Measured(
        cpu_s=cpu_s,
        wall_s=wall_s,
        peak_mb=peak_bytes / 1e6,
        exit_code=os.waitstatus_to_exitcode(status),
        stdout=stdout.read_text(errors="replace"),
        complaint=stderr.read_text(errors="replace")[-LONGEST_COMPLAINT:],
    )


def watch(root: int) -> tuple[int, resource.struct_rusage, int]:
    """Waits for a process and samples the memory of its tree."""
    peak_bytes, samples, tree = 0, 0, []
    while True:
        done, status, usage = os.wait4(root, os.WNOHANG)
        if done:
            return status, usage, peak_bytes
        if samples % LOOK_FOR_CHILDREN_EVERY == 0:
            tree = tree_of(root)
        peak_bytes = max(peak_bytes, sum(map(resident_bytes, tree)))
        samples += 1
        time.sleep(SAMPLE_SECONDS)


def tree_of(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def resident_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def cpu_seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def reap_orphans() -> float:
    """CPU seconds of what the command left running; it is asked to end when it does not do so by itself."""
    total, deadline = 0.0, time.monotonic() + ORPHANS_WAIT_SECONDS
    while True:
        try:
            done, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return total
        if done:
            total += cpu_seconds(usage)
            continue
        if time.monotonic() > deadline:
            for child in psutil.Process().children():
                child.kill()
        time.sleep(SAMPLE_SECONDS)


def kill_tree(root: int) -> None:
    for process in reversed(tree_of(root)):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue
