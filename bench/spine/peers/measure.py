"""CPU of one no-op job, client and server together: `measure.py PEER JOBS NOTE SERVER_PID|- COMMAND...`.

The command enqueues as many jobs as its last argument says, works all of them and ends. It is run with few jobs and
with many, in turns, RUNS times (3), and the difference of the medians is divided: starting, connecting and making tables
cost nothing per job, and a checkpoint or a vacuum that falls into one run is outvoted. CPU time is that of the command
and its children (`wait4`), and of the server's process with its children, living and ended (`/proc/PID/stat`, in ticks
of 10 ms). `note` has the cheapest and the dearest pairing, and the load: a busy machine makes the same work dearer.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
FEW_PART = 10  # `few` is this part of all jobs


def stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat after the name, which may hold spaces: the state is first."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def server_cpu_s(pid: int) -> float:
    """The server, its ended children, and its living children."""
    ticks = sum(int(field) for field in stat(pid)[11:15])
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = stat(int(folder.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == pid:
                ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS_PER_S


def run(command: list[str], jobs: int, server: int | None) -> tuple[float, float]:
    """CPU seconds and wall seconds of one run."""
    before = server_cpu_s(server) if server else 0.0
    start = time.monotonic()
    process = subprocess.Popen([*command, str(jobs)], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"measure: {command[0]} failed with {jobs} jobs")
    after = server_cpu_s(server) if server else 0.0
    return usage.ru_utime + usage.ru_stime + after - before, wall


def per_job_us(cpu_s: float, jobs: int) -> float:
    return round(cpu_s / jobs * 1e6, 1)


def main() -> None:
    peer, jobs, note, server, *command = sys.argv[1:]
    many, pid = int(jobs), None if server == "-" else int(server)
    few = many // FEW_PART
    pairs = [(run(command, few, pid), run(command, many, pid)) for _ in range(int(os.environ.get("RUNS", "3")))]
    few_cpu, few_wall, many_cpu, many_wall = (
        statistics.median(pair[which][what] for pair in pairs) for which in (0, 1) for what in (0, 1)
    )
    each = [per_job_us(large[0] - small[0], many - few) for small, large in pairs]
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    line = {
        "peer": peer,
        "jobs": many - few,
        "cpu_us_per_job": per_job_us(many_cpu - few_cpu, many - few),
        "wall_s": round(many_wall - few_wall, 2),
        "note": f"{note}; {len(pairs)} runs, {min(each)} to {max(each)} us; {load}",
    }
    print(json.dumps(line), flush=True)


main()
