"""kill -9 of `assay serve` at random moments under load from 8 clients: the books must balance.

serve_kill.py ASSAY SCRATCH KILLS SEED; prints TAP.

Each client keeps its own books: what it asked, under which Idempotency-Key, and what it was told. After every
kill the service starts again and the books are compared: each execution that was accepted has exactly one final
state, an answer that was given is the answer that is kept, a workspace holds what its last passed execution wrote,
and nothing is left of the dead process.
"""
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import traces
from tap import end, ok

ASSAY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
KILLS, SEED = int(sys.argv[3]), int(sys.argv[4])
STATE = SCRATCH / "serve-state"
CLIENTS = 8
chance = random.Random(SEED)


class Service:
    """One life of the process."""

    def __init__(self):
        self.process = subprocess.Popen(
            [ASSAY, "serve", "--listen", "127.0.0.1:0", "--running", "4", "--waiting", "16"],
            env={**os.environ, "ASSAY_STATE_DIR": str(STATE)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.port = None
        for line in self.process.stderr:
            if "listening on http://127.0.0.1:" in line:
                self.port = int(line.rsplit(":", 1)[1])
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def call(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Client:
    """Asks for executions in a sandbox of its own and writes down what it was told."""

    def __init__(self, index):
        self.index = index
        self.sandbox = None
        self.asked = {}  # key -> the request
        self.told = {}  # key -> (id, report or None)
        self.value = 0
        self.errors = []

    def create(self, service):
        status, answer = service.call("POST", "/sandbox/create", {"environment": "bash", "timeout": 86400})
        if status not in (200, 201):
            raise AssertionError(f"no sandbox: {status} {answer}")
        self.sandbox = answer["sandbox_id"]

    def next_request(self):
        """Prints its number and leaves it in the workspace, if it passes."""
        self.value += 1
        return f"client-{self.index}-{self.value}", {
            "sandbox_id": self.sandbox,
            "environment": "bash",
            "files": {"value.txt": f"{self.value}\n"},
            "commands": [f"echo {self.value}", f"sleep 0.0{chance.randrange(10)}",
                         "exit 0" if chance.random() < 0.7 else "exit 1"],
            "async": chance.random() < 0.3,
        }

    def run(self, service, stop):
        while not stop.is_set():
            key, request = self.next_request()
            self.asked[key] = request
            try:
                status, answer = service.call("POST", "/execute", request, {"Idempotency-Key": key})
            except (OSError, http.client.HTTPException, ValueError):
                return  # the process died under us
            if status == 200:
                self.told[key] = (answer["id"], answer)
            elif status == 202:
                self.told[key] = (answer["id"], None)
            elif status != 429:
                self.errors.append(f"{key}: {status} {answer}")


def finals(service):
    """Every execution there is, by id; all must be final soon."""
    deadline = time.monotonic() + 60
    while True:
        rows, before = {}, ""
        while True:
            _, page = service.call("GET", "/executions?limit=500" + before)
            for row in page["executions"]:
                if row["id"] in rows:
                    raise AssertionError(f"listed twice: {row['id']}")
                rows[row["id"]] = row
            if not page["next"]:
                break
            before = f"&before={page['next']}"
        if all(row["status"] == "final" for row in rows.values()) or time.monotonic() > deadline:
            return rows
        time.sleep(0.05)


def check_books(service, clients, problems):
    rows = finals(service)
    for identity, row in rows.items():
        if row["status"] != "final" or not row["verdict"]:
            problems.append(f"{identity} has no final state: {row}")
    for client in clients:
        for key, (identity, report) in client.told.items():
            if identity not in rows:
                problems.append(f"{key}: accepted as {identity}, and lost")
            elif report and rows[identity]["verdict"] != report["verdict"]:
                problems.append(f"{key}: told {report['verdict']}, kept {rows[identity]['verdict']}")
        problems.extend(client.errors)
    return len(rows)


def check_workspace(service, client, problems):
    """It holds the number of the newest execution that passed."""
    _, page = service.call("GET", f"/executions?sandbox_id={client.sandbox}&verdict=passed&limit=1")
    wanted = "none"
    if page["executions"]:
        _, newest = service.call("GET", "/executions/" + page["executions"][0]["id"])
        wanted = newest["report"]["commands"][0]["stdout"]["text"].strip()
    _, file = service.call("POST", f"/sandbox/{client.sandbox}/tools/readFile", {"path": "value.txt"})
    found = file.get("content", "none").strip()
    if found != wanted:
        problems.append(f"client {client.index}: value.txt holds {found}, the last passed execution wrote {wanted}")


def check_replays(service, client, problems):
    """The same key and request again: the same answer, and nothing runs."""
    for key, (identity, report) in list(client.told.items())[-20:]:
        status, answer = service.call("POST", "/execute", {**client.asked[key], "async": False},
                                      {"Idempotency-Key": key})
        if client.asked[key]["async"]:
            continue  # another request under that key: refused, as it must be
        if status != 200 or answer["id"] != identity or (report and answer != report):
            problems.append(f"{key}: answered {status}, which differs from the first answer")


def main():
    STATE.mkdir(parents=True, exist_ok=True)
    traces.adopt_orphans()
    clients = [Client(i) for i in range(CLIENTS)]
    problems, service = [], Service()
    lives, family = [service.process.pid], traces.Family(os.getpid())
    for client in clients:
        client.create(service)
    for _ in range(KILLS):
        stop = threading.Event()
        threads = [threading.Thread(target=client.run, args=(service, stop)) for client in clients]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.02, 0.6))
        family.look()
        service.kill()
        stop.set()
        for thread in threads:
            thread.join()
        service = Service()
        lives.append(service.process.pid)
        if service.port is None:
            problems.append(f"life {len(lives)} does not start")
            break
        check_books(service, clients, problems)
        if problems:
            break
    asked = sum(len(client.asked) for client in clients)
    told = sum(len(client.told) for client in clients)
    ok(not problems, f"{len(lives) - 1} kills with seed {SEED}: {asked} asked, {told} told, the books balance", problems)
    problems = []
    for client in clients:
        check_workspace(service, client, problems)
    ok(not problems, "each workspace holds what its last passed execution wrote", problems)
    problems, before = [], check_books(service, clients, problems)
    for client in clients:
        check_replays(service, client, problems)
    after = check_books(service, clients, problems)
    ok(not problems and before == after, f"an answer given once is given again, of {after} executions", problems)
    service.process.send_signal(signal.SIGTERM)
    status = service.process.wait(timeout=60)
    ok(status == 0, f"the last life ends by itself, exit status {status}")
    left = [line for pid in lives for line in traces.control_groups(pid)] + traces.mounts(str(STATE)) + traces.unfinished(STATE)
    left += traces.remaining(family)
    ok(not left, "no process, mount, cgroup or half layer is left", left)
    end()


main()
