"""Clients without manners against `assay serve`: they ask for everything at once, break off anywhere, and
never say goodbye. Then all is deleted, and nothing may be left: no descriptor, thread, folder, execution.

serve_chaos.py ASSAY SCRATCH SECONDS SEED; prints TAP. The same seed asks the same; when, is up to the machine."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from tap import end, ok

ASSAY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
SECONDS, SEED = float(sys.argv[3]), int(sys.argv[4])
STATE, LOG = SCRATCH / "state", SCRATCH / f"log-{SEED}"
CLIENTS = 12
TENANTS = ["anna", "bert", "cleo"]
COMMANDS = [
    ["true"], ["false"], ["echo some output; echo and errors >&2"], ["sleep 0.3"], ["sleep 1"],
    ["date +%N >now; mkdir -p d; date +%N >d/$(date +%N)"], ["rm -rf d now"], ["yes | head -c 300000"],
    ["yes"], ["kill -9 $$"], ["echo 1 >a", "ln -s /etc/passwd link; mkfifo pipe", "exit 3"],
    ["sleep 100 & echo left behind"], ["test -e again || { touch again; exit 1; }"],
]
REPLY = "```python\nprint('hello')\n```\n```python title=\"test_it.py\"\ndef test_it():\n    assert True\n```\n"
ENDINGS = {"passed", "tests_failed", "rejected", "no_code", "no_tests", "install_failed", "build_failed",
           "timed_out", "out_of_memory", "crashed", "cancelled", "error"}


class Server:
    def __init__(self, *options):
        self.receiver = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.receive, daemon=True).start()
        self.log = open(LOG, "ab")
        at = self.log.tell()
        self.process = subprocess.Popen(
            [ASSAY, "serve", "--listen", "127.0.0.1:0", *options], stderr=self.log,
            env=dict(os.environ, ASSAY_STATE_DIR=str(STATE), ASSAY_LOG="info"))
        self.port = None
        while self.port is None and self.process.poll() is None:
            time.sleep(0.02)
            for line in LOG.read_bytes()[at:].splitlines():
                if line.startswith(b"assay serve: listening on http://"):
                    self.port = int(line.rpartition(b":")[2])

    def refuses(self):
        try:
            self.connect().close()
        except OSError:
            return True
        return False

    def descriptors(self):
        """What is open, by kind; but for the namespaces, of which one is kept for each environment."""
        folder, found = f"/proc/{self.process.pid}/fd", []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{name}").partition("[")[0])
            except OSError:
                pass  # closed meanwhile
        return sorted(kind for kind in found if kind != "mnt:")

    def receive(self):
        """Takes callbacks as a client would that is no better than ours."""
        answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 410 Gone\r\n\r\n", b"\0" * 100000, b""]
        while True:
            with self.receiver.accept()[0] as link:
                try:
                    link.recv(1 << 16)
                    link.sendall(random.choice(answers))
                except OSError:
                    pass

    def connect(self, timeout=60):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def ask(self, method, path, body=None, tenant=TENANTS[0], timeout=60, headers=""):
        """Status and answer; (0, None) when there was none."""
        try:
            with self.connect(timeout) as link:
                link.sendall(request(method, path, body, tenant, headers))
                return parse(read_all(link))
        except (OSError, ValueError):
            return 0, None


def request(method, path, body=None, tenant=TENANTS[0], headers=""):
    data = b"" if body is None else json.dumps(body).encode()
    kind = "Content-Type: application/json\r\n" if data else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: {tenant}\r\nConnection: close\r\n{kind}{headers}"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data


def read_all(link, most=1 << 26):
    data = b""
    while len(data) < most and (part := link.recv(1 << 16)):
        data += part
    return data


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    if not head:
        return 0, None
    status = int(head.split()[1])
    try:
        return status, json.loads(body)
    except ValueError:
        return status, body


class Client(threading.Thread):
    """What it has found out is shared, so that clients get in each other's way."""

    def __init__(self, server, known, seed):
        super().__init__(daemon=True)
        self.server, self.known = server, known
        self.chance = random.Random(seed)
        self.odd, self.until = [], time.monotonic() + SECONDS

    def run(self):
        while time.monotonic() < self.until:
            try:
                self.act()
            except (OSError, ValueError):
                pass  # the server may be gone, or have hung up on us

    def some(self, kind):
        """An id of that kind and its tenant: mostly one that is, or was, there."""
        known = self.known[kind]
        if not known or self.chance.random() < 0.03:
            return "nothing", self.chance.choice(TENANTS)
        return self.chance.choice(known[-20:])

    def body(self):
        body = {"commands": self.chance.choice(COMMANDS)}
        kind = self.chance.random()
        if kind < 0.1:
            body = {"text": REPLY}
        elif kind < 0.2:
            body = {"candidates": [REPLY, "no code", "```sh\nexit 1\n```"][:self.chance.randint(1, 3)]}
        elif kind < 0.3:
            body["files"] = {f"dir/{self.chance.randint(0, 9)}.txt": "x" * self.chance.choice([0, 10, 100000])}
        if self.chance.random() < 0.3:
            body["timeout"] = self.chance.randint(1, 3)
        if self.chance.random() < 0.3:
            body["policy"] = {"on_failure": self.chance.choice(["keep", "rollback"]),
                              "rerun_failures": self.chance.choice([0, 0, 3])}
        if self.chance.random() < 0.2:
            body["on_disconnect"] = "continue"
        if self.chance.random() < 0.15:
            body["callback_url"] = f"http://127.0.0.1:{self.server.receiver.getsockname()[1]}/"
        return body

    def act(self):
        sandbox, tenant = self.some("sandboxes")
        execution, owner = self.some("executions")
        snapshot = self.some("snapshots")[0]
        acts = [
            (8, "POST", f"/sandbox/{sandbox}/execute", self.body(), tenant),
            (4, "POST", "/execute", self.body(), tenant),
            (4, "POST", "/sandbox/create", {"timeout": self.chance.choice([1, 2, 60])}, None),
            (3, "DELETE", f"/sandbox/{sandbox}", None, tenant),
            (3, "POST", f"/sandbox/{sandbox}/snapshots", {"name": f"s{self.chance.randint(0, 5)}"}, tenant),
            (2, "DELETE", f"/sandbox/{sandbox}/snapshots/{snapshot}", None, tenant),
            (3, "POST", f"/sandbox/{sandbox}/rollback",
             {"snapshot": self.chance.choice([snapshot, "s1", "last-success"])}, tenant),
            (3, "POST", f"/sandbox/{sandbox}/fork", {}, tenant),
            (3, "POST", f"/executions/{execution}/cancel", None, owner),
            (3, "GET", f"/executions/{execution}/events", None, owner),
            (2, "GET", f"/executions/{execution}/logs", None, owner),
            (2, "GET", f"/executions/{execution}", None, owner),
            (1, "GET", f"/executions?limit={self.chance.randint(1, 9)}", None, tenant),
            (1, "GET", "/sandboxes", None, tenant),
            (1, "GET", "/health", None, tenant),
            (3, "POST", f"/sandbox/{sandbox}/tools/writeFile",
             {"path": f"w/{self.chance.randint(0, 5)}", "content": "y" * 1000}, tenant),
            (2, "POST", f"/sandbox/{sandbox}/tools/searchFiles", {"query": "w"}, tenant),
            (2, "POST", f"/sandbox/{sandbox}/tools/grepSearch", {"query": "y+"}, tenant),
            (2, "POST", f"/sandbox/{sandbox}/tools/executeCommand", {"command": "ls -la; sleep 0.2"}, tenant),
            (3, "POST", "/api/llm/execute", {"agent_id": f"agent {self.chance.randint(0, 30)}",
                                             "language": "bash", "code": "echo agent"}, tenant),
        ]
        _, method, path, body, asker = self.chance.choices(acts, [act[0] for act in acts])[0]
        self.send(method, path, body, asker or self.chance.choice(TENANTS))

    def headers(self, method):
        headers = ""
        if method == "POST" and self.chance.random() < 0.25:
            headers += "Accept: text/event-stream\r\n"
        if method == "POST" and self.chance.random() < 0.2:
            headers += "Prefer: respond-async\r\n"
        if method == "POST" and self.chance.random() < 0.15:
            headers += f"Idempotency-Key: k{self.chance.randint(0, 30)}\r\n"
        return headers

    def send(self, method, path, body, tenant):
        data = request(method, path, body, tenant, self.headers(method))
        manners = self.chance.random()
        with self.server.connect() as link:
            if manners < 0.1:  # in the middle of the request
                link.sendall(data[:self.chance.randint(0, len(data) - 1)])
                # an end that comes with the last bytes is only seen when the deadline of the body is
                time.sleep(0.05)
                return
            link.sendall(data)
            if manners < 0.35:  # before or in the middle of the answer
                time.sleep(self.chance.choice([0, 0, 0.001, 0.02, 0.2, 1]))
                link.recv(self.chance.choice([1, 10, 1000]), socket.MSG_DONTWAIT)
                return
            if manners < 0.4:  # with a reset
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            self.learn(method, path, tenant, *parse(read_all(link)))

    def learn(self, method, path, tenant, status, answer):
        if status in (0, 500):
            self.odd.append(f"{method} {path}: {status} {answer}")
        if not isinstance(answer, dict):
            return
        for key, kind in (("sandbox_id", "sandboxes"), ("vm_id", "sandboxes"), ("snapshot_id", "snapshots"),
                          ("id", "executions"), ("execution_id", "executions")):
            if answer.get(key):
                self.known[kind].append((answer[key], tenant))


def all_executions(server, tenant):
    rows, before = [], ""
    while before is not None:
        status, page = server.ask("GET", f"/executions?limit=500{before and '&before=' + before}", None, tenant)
        if status != 200:
            return None
        rows += page["executions"]
        before = page["next"]
    return rows


def until(seconds, what):
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def tidy(server):
    """Cancels and deletes all there is, and waits until the service has done so."""
    for tenant in TENANTS:
        for row in all_executions(server, tenant) or []:
            if row["status"] != "final":
                server.ask("POST", f"/executions/{row['id']}/cancel", None, tenant)
        for row in server.ask("GET", "/sandboxes", None, tenant)[1]["sandboxes"]:
            server.ask("DELETE", f"/sandbox/{row['sandbox_id']}", None, tenant)

    def is_idle():
        state = server.ask("GET", "/health")[1]
        return state and state["running"] + state["waiting"] == 0
    return until(60, is_idle)


def left(folder):
    return [str(path) for path in (STATE / folder).glob("[!.]*")] if (STATE / folder).is_dir() else []


def contents(folder):
    return [f"{time.strftime('%T', time.gmtime(path.stat().st_mtime))} {path}"
            for top in left(folder) for path in [pathlib.Path(top), *pathlib.Path(top).rglob("*")]]


def complaints():
    words = (b"AddressSanitizer", b"LeakSanitizer", b"runtime error:", b'"level":"error"')
    lines = LOG.read_bytes().splitlines()
    return [line.decode(errors="replace") for line in lines if any(word in line for word in words)]


def unleash(server, known):
    clients = [Client(server, known, f"{SEED} {i}") for i in range(CLIENTS)]
    for client in clients:
        client.start()
    return clients


def main():
    secret = SCRATCH / "secret"
    secret.write_text("a secret that signs callbacks\n")
    secret.chmod(0o600)
    options = ["--callback-secret-file", str(secret), "--callback-host", "127.0.0.1", "--waiting", "30",
               "--sandboxes", "40", "--running", "4"]
    server = Server(*options)
    server.ask("POST", "/execute", {"commands": ["true"]})
    server.ask("POST", "/execute", {"text": REPLY})
    server.ask("POST", "/api/llm/execute", {"agent_id": "a", "language": "bash", "code": "true"})
    time.sleep(0.5)
    descriptors = server.descriptors()
    known = {"sandboxes": [], "snapshots": [], "executions": []}
    clients = unleash(server, known)
    for client in clients:
        client.join(SECONDS + 120)
    ok(not any(client.is_alive() for client in clients), "every client got its answer, or was hung up on")
    odd = [line for client in clients for line in client.odd]
    ok(not odd, "no request was without an answer, none found a fault of ours", odd[:10])
    ok(server.process.poll() is None, "the service lives")
    ok(tidy(server), "all that is cancelled ends", [server.ask("GET", "/health")])
    rows = [row for tenant in TENANTS for row in all_executions(server, tenant)]
    unfinished = [row for row in rows if row["status"] != "final" or row["verdict"] not in ENDINGS]
    ok(rows and not unfinished, f"{len(rows)} executions: each has an end", unfinished[:5])
    faults = [row for row in rows if row["verdict"] == "error"]
    ok(not faults, "no end of an execution is an error of ours", faults[:5])
    ok(until(30, lambda: not left("revisions")), "nothing is left of the sandboxes", contents("revisions"))
    ok(until(100, lambda: len(server.descriptors()) <= len(descriptors)), "no descriptor is left open",
       [f"before: {descriptors}", f"after: {server.descriptors()}"])

    clients = unleash(server, known)
    time.sleep(min(3, SECONDS / 3))
    server.process.send_signal(signal.SIGTERM)
    ok(until(60, server.refuses), "SIGTERM is heard while all goes on")
    server.process.send_signal(signal.SIGTERM)
    try:
        status = server.process.wait(120)
    except subprocess.TimeoutExpired:
        status = "it does not end"
        server.process.kill()
    ok(status == 0, "two SIGTERMs end it while all goes on", [status] + complaints()[:20])
    for client in clients:
        client.until = 0
        client.join(120)

    server = Server(*options)
    unfinished = [row for tenant in TENANTS for row in all_executions(server, tenant) if row["status"] != "final"]
    ok(not unfinished, "the next one finds every execution at its end", unfinished[:5])
    tidy(server)
    ok(until(30, lambda: not left("revisions")), "and nothing is left again", contents("revisions"))
    server.process.send_signal(signal.SIGTERM)
    ok(server.process.wait(120) == 0, "one SIGTERM ends it when nothing goes on")
    scraps = sum((left(folder) for folder in ("run", "trash", "tmp")), [])
    ok(not scraps, "no run has left anything in the state folder", scraps)
    ok(not complaints(), "nothing complains in the log", complaints()[:30])


main()
end()
