#!/usr/bin/env python3
"""The front door beside FastAPI: what a request, a login, a start and a thousand connections cost.

Usage: measure.py --binary target/release/grayghost [--seconds 10] [--rounds 3] [--out bench/api/results]

CPU is user plus system time of the serving process (proc(5), stat). Both servers run in turns in each round, so that a noisy machine
is noisy to both. Needs wrk. Results are printed as Markdown and kept as JSON.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "violet kettle mostly thunder"
ADDRESS = "ann@example.com"
TICK = os.sysconf("SC_CLK_TCK")
PATH = "/api/v1/me/permissions"
# Every request is counted by its limits, and none is refused.
GENEROUS = [
    f"--gateway-{what}-{how}"
    for what in ("address", "read", "write", "heavy", "sign-in")
    for how in ("per-minute=600000", "burst=100000000")
] + ["--gateway-trusted-proxies=127.0.0.1"]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mb(pid, what):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024


def ask(base, path, token=None, body=None):
    # Many people, not one: guesses from one address are slowed down, as they should be.
    address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(base + path, data=data, headers=headers), timeout=60) as answer:
        return json.load(answer)


class Ours:
    name = "Gray Ghost"

    def __init__(self, binary, folder):
        self.binary, self.folder, self.port = binary, folder, 18_080
        self.base = f"http://127.0.0.1:{self.port}"

    def cli(self, *words, **more):
        return subprocess.run(
            [self.binary, *words, "--project", self.folder], check=True, capture_output=True, text=True, **more
        ).stdout.strip()

    def prepare(self):
        self.cli("users", "create", ADDRESS, "--password-stdin", input=PASSWORD + "\n")
        self.key = self.cli("keys", "create", "--role", "owner")

    def start(self):
        log = open(pathlib.Path(self.folder) / "log", "w")
        listen = f"--listen=127.0.0.1:{self.port}"
        words = [self.binary, "serve", "--project", self.folder, listen, *GENEROUS]
        began = time.perf_counter()
        self.process = subprocess.Popen(words, stderr=log, stdout=log)
        while True:
            try:
                ask(self.base, PATH, self.key)
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.002)
        return time.perf_counter() - began

    def token(self):
        return ask(self.base, "/api/v1/sessions", body={"email": ADDRESS, "password": PASSWORD})["access_token"]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class FastApi:
    name = "FastAPI + PyJWT"

    def __init__(self, python):
        self.python, self.port = python, 18_081
        self.base = f"http://127.0.0.1:{self.port}"

    def start(self):
        words = ["-m", "uvicorn", "fastapi_app:app", "--port", str(self.port), "--no-access-log", "--loop", "uvloop"]
        began = time.perf_counter()
        self.process = subprocess.Popen([self.python, *words], cwd=HERE / "peers", stderr=subprocess.DEVNULL)
        while True:
            try:
                ask(self.base, PATH, self.token())
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        return time.perf_counter() - began

    def token(self):
        script = (
            "import jwt, time; from fastapi_app import SECRET; print(jwt.encode({'aud': 'bench', 'exp': time.time() + 3600, "
            "'sub': 'user:1', 'wid': '0199a3c0', 'permissions': ['jobs:read'] * 16}, SECRET, 'HS256'))"
        )
        made = subprocess.run([self.python, "-c", script], cwd=HERE / "peers", check=True, capture_output=True, text=True)
        return made.stdout.strip()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def load(server, token, seconds, connections, path=PATH):
    """CPU and latencies of reads by wrk."""
    words = ["wrk", "-t1", f"-c{connections}", "--latency", "-H", f"Authorization: Bearer {token}"]
    subprocess.run([*words, "-d1s", server.base + path], check=True, capture_output=True)
    before = cpu_seconds(server.process.pid)
    report = subprocess.run(
        [*words, f"-d{seconds}s", server.base + path], check=True, capture_output=True, text=True
    ).stdout
    used = cpu_seconds(server.process.pid) - before
    requests = int(re.search(r"(\d+) requests in", report)[1])
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    if refused:
        sys.exit(f"{server.name} refused {refused[1]} of {requests} requests:\n{report}")
    return {
        "requests": requests,
        "cpu_us": used / requests * 1e6,
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1]),
        "p99": re.search(r"99%\s+(\S+)", report)[1],
        "memory_mb": memory_mb(server.process.pid, "VmRSS"),
    }


def logins(server, seconds):
    """Sign-ins by password: how many, and what CPU they took."""
    done, ends = [0] * 4, time.perf_counter() + seconds

    def sign_in(at):
        while time.perf_counter() < ends:
            server.token()
            done[at] += 1

    before = cpu_seconds(server.process.pid)
    threads = [threading.Thread(target=sign_in, args=(at,)) for at in range(len(done))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (cpu_seconds(server.process.pid) - before)


def median(values):
    return statistics.median(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--python", required=True, help="a Python with requirements.txt installed")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", default=str(HERE / "results"))
    given = parser.parse_args()
    found = {"reads": {}, "starts_s": [], "logins_per_cpu_s": [], "thousand": {}}
    with tempfile.TemporaryDirectory() as folder:
        ours, peer = Ours(os.path.abspath(given.binary), folder), FastApi(os.path.abspath(given.python))
        ours.prepare()
        ours.start()
        ours.stop()
        for _ in range(given.rounds):
            found["starts_s"].append(ours.start())
            if len(found["starts_s"]) == 1:
                time.sleep(5)
                found["idle_mb"] = memory_mb(ours.process.pid, "VmRSS")
            for name, path in (("token", PATH), ("token, from the database", "/api/v1/me")):
                read = load(ours, ours.token(), given.seconds, 16, path)
                found["reads"].setdefault(f"{ours.name}: {name}", []).append(read)
            found["reads"].setdefault(f"{ours.name}: key", []).append(load(ours, ours.key, given.seconds, 16))
            found["logins_per_cpu_s"].append(logins(ours, given.seconds))
            found["thousand"].setdefault(ours.name, []).append(load(ours, ours.token(), given.seconds, 1_000))
            ours.stop()
            peer.start()
            found["reads"].setdefault(peer.name, []).append(load(peer, peer.token(), given.seconds, 16))
            found["thousand"].setdefault(peer.name, []).append(load(peer, peer.token(), given.seconds, 1_000))
            peer.stop()
    out = pathlib.Path(given.out)
    out.mkdir(exist_ok=True, parents=True)
    (out / "api.json").write_text(json.dumps(found, indent=1) + "\n")
    print("| authenticated JSON read, 16 connections | CPU us a request | requests/s | p99 |\n|---|---|---|---|")
    for name, reads in found["reads"].items():
        rate, p99 = median([read["per_second"] for read in reads]), reads[0]["p99"]
        print(f"| {name} | {median([read['cpu_us'] for read in reads]):.1f} | {rate:.0f} | {p99} |")
    print("\n| at 1,000 connections | requests/s | p99 | memory MB |\n|---|---|---|---|")
    for name, reads in found["thousand"].items():
        rate, memory = median([read["per_second"] for read in reads]), median([read["memory_mb"] for read in reads])
        print(f"| {name} | {rate:.0f} | {reads[0]['p99']} | {memory:.0f} |")
    print(f"\nlogins per CPU second (argon2id, 19 MiB, 2 passes): {median(found['logins_per_cpu_s']):.0f}")
    print(f"start to first answer: {median(found['starts_s']) * 1e3:.0f} ms; idle memory, all roles: {found['idle_mb']:.0f} MB")


if __name__ == "__main__":
    main()
