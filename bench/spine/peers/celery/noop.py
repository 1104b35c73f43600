"""Celery on Redis: `noop.py JOBS` starts a worker as it comes, enqueues no-op jobs one by one, and waits for all.

The worker has a process for each core and acknowledges a job before it runs it (Celery's default: a worker that dies
loses it); results are not kept. The address of Redis is in REDIS_URL.
"""

import os
import subprocess
import sys
import time

from celery import Celery

PATIENCE_S = 600

app = Celery("noop", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@app.task
def noop() -> None:
    """Nothing."""


def finished() -> int:
    """Jobs that the worker has run."""
    answers = app.control.inspect(timeout=2).stats() or {}
    return sum(answer["total"].get("noop.noop", 0) for answer in answers.values())


def waiting() -> int:
    with app.connection_for_read() as connection:
        return connection.default_channel.client.llen("celery")


def main(jobs: int) -> None:
    worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "noop", "worker", "--loglevel", "ERROR"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(jobs):
            noop.delay()
        deadline = time.monotonic() + PATIENCE_S
        while waiting() > 0 or finished() < jobs:
            if time.monotonic() > deadline or worker.poll() is not None:
                sys.exit(f"celery: {finished()} of {jobs} jobs are done")
            time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
