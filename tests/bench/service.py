"""`assay serve` under load: service.py ASSAY SCRATCH [PART...]. Ratios and counts within one run.

Parts: overhead, crowd, idle, growth, sandboxes; all unless named.
"""

import asyncio
import collections
import http.client
import json
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import time

ASSAY, SCRATCH = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
TRUE = json.dumps({"environment": "bash", "commands": ["true"]}).encode()
REPLY = "```bash\ntrue\n```\n"


class Service:
    def __init__(self, name, *options):
        self.state = SCRATCH / name
        self.options = options
        self.start()

    def start(self):
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [ASSAY, "serve", "--listen", "127.0.0.1:0", *self.options],
            env={**os.environ, "ASSAY_STATE_DIR": str(self.state)}, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "listening on http://127.0.0.1:" in line:
                self.port = int(line.rsplit(":", 1)[1])
                break
        self.started_ms = (time.perf_counter() - begin) * 1000

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024

    def children(self):
        return pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()


def post(connection, path, body):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def overhead():
    """The same job as a request and as a command, alternately."""
    service = Service("overhead")
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    body = json.dumps({"text": REPLY}).encode()
    reply = SCRATCH / "reply.md"
    reply.write_text(REPLY)
    command = [ASSAY, "run", "--format", "json", str(reply)]
    environment = {**os.environ, "ASSAY_STATE_DIR": str(SCRATCH / "overhead-run")}
    asked, ran, inside = [], [], []
    for round_ in range(210):
        begin = time.perf_counter()
        status, text = post(connection, "/execute", body)
        middle = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        end = time.perf_counter()
        if status != 200:
            sys.exit(f"POST /execute answered {status}: {text[:300]}")
        if round_ >= 10:
            asked.append((middle - begin) * 1000)
            ran.append((end - middle) * 1000)
            inside.append(json.loads(text)["usage"]["wall_ms"])
    service.stop()
    served, alone, job = (statistics.median(side) for side in (asked, ran, inside))
    print(f"POST /execute {served:.1f} ms, assay run {alone:.1f} ms: {served - alone:+.1f} ms (wanted: under +2 ms);"
          f" the job itself {job:.1f} ms of it")


async def ask(reader, writer, method, path, body=b"", accept="*/*"):
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return status, await reader.readexactly(length)


async def crowd_client(port, until, codes, waits):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        begin = time.perf_counter()
        status, _ = await ask(reader, writer, "POST", "/execute", TRUE)
        codes[status] += 1
        if status == 200:
            waits.append(time.perf_counter() - begin)
        elif status == 429:
            await asyncio.sleep(0.05)
    writer.close()


async def crowd_load(service, seconds=10):
    codes, waits = collections.Counter(), []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(crowd_client(service.port, until, codes, waits) for _ in range(256)))
    waits.sort()
    rate = len(waits) / seconds
    print(f"256 clients for {seconds} s: {dict(codes)}, {rate:.0f} executions/s,"
          f" median {statistics.median(waits) * 1000:.0f} ms, p99 {waits[int(len(waits) * 0.99)] * 1000:.0f} ms;"
          f" a full queue of 64 + 4 takes {68 / rate * 1000:.0f} ms at that rate")


def crowd():
    service = Service("crowd", "--running", "4", "--waiting", "64")
    asyncio.run(crowd_load(service))
    service.stop()


async def idle_load(service):
    empty = service.resident_mib()
    idle = []
    for _ in range(10000):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        idle.append((reader, writer))
    for reader, writer in idle:
        status, _ = await ask(reader, writer, "GET", "/version")
        assert status == 200, status
    print(f"10,000 idle keep-alive connections: {empty:.0f} -> {service.resident_mib():.0f} MiB resident")
    first = await asyncio.open_connection("127.0.0.1", service.port)
    status, text = await ask(*first, "POST", "/execute", json.dumps(
        {"environment": "bash", "commands": ["sleep 20"], "async": True}).encode())
    assert status == 202, (status, text)
    path = f"/executions/{json.loads(text)['id']}/events"
    listeners = []
    for _ in range(1000):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n")[0], head
        listeners.append((reader, writer))
    begin = time.perf_counter()
    count = 0
    while time.perf_counter() - begin < 5:
        status, text = await ask(*first, "POST", "/execute", TRUE)
        assert status == 200, text
        count += 1
    print(f"and 1,000 listeners to one execution, {count / 5:.0f} executions/s beside it from one client:"
          f" {service.resident_mib():.0f} MiB resident")
    for reader, writer in idle[::100]:
        status, _ = await ask(reader, writer, "GET", "/version")
        assert status == 200, status
    ends = 0
    for reader, _ in listeners:
        text = await asyncio.wait_for(reader.read(), 60)
        ends += b"event: report" in text
    print(f"listeners that got the report: {ends} of 1,000; idle connections still answered: all asked")
    for _, writer in idle + listeners:
        writer.close()
    await asyncio.sleep(15)
    print(f"15 s after all have left: {service.resident_mib():.0f} MiB resident")


def idle():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    service = Service("idle", "--running", "4")
    asyncio.run(idle_load(service))
    service.stop()


async def growth_client(port, left):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while left[0] > 0:
        left[0] -= 1
        status, text = await ask(reader, writer, "POST", "/execute", TRUE)
        assert status == 200, text
    writer.close()


async def growth_load(service):
    seen = []
    for _ in range(10):
        left = [1000]
        await asyncio.gather(*(growth_client(service.port, left) for _ in range(8)))
        seen.append(service.resident_mib())
    print("resident after each 1,000 of 10,000 executions: " + " ".join(f"{mib:.0f}" for mib in seen) + " MiB")


def growth():
    service = Service("growth", "--running", "4")
    asyncio.run(growth_load(service))
    service.stop()


async def make_sandboxes(port, left):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while left[0] > 0:
        left[0] -= 1
        status, text = await ask(reader, writer, "POST", "/sandbox/create",
                                 b'{"environment": "bash", "timeout": 86400}')
        assert status in (200, 201), text
    writer.close()


async def many_sandboxes(service):
    left = [10000]
    await asyncio.gather(*(make_sandboxes(service.port, left) for _ in range(32)))


def sandboxes():
    service = Service("sandboxes", "--sandboxes", "20000")
    asyncio.run(many_sandboxes(service))
    times = []
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", service.port)
        begin = time.perf_counter()
        connection.request("GET", "/sandboxes")
        text = connection.getresponse().read()
        times.append((time.perf_counter() - begin) * 1000)
        connection.close()
    count = len(json.loads(text)["sandboxes"])
    print(f"{count} idle sandboxes: list in {statistics.median(times):.0f} ms (wanted: under 50),"
          f" {len(service.children())} processes, {service.resident_mib():.0f} MiB resident")
    service.process.kill()
    service.process.wait()
    service.start()
    print(f"start after kill -9 with them: {service.started_ms:.0f} ms (wanted: under 2,000)")
    service.stop()


PARTS = {"overhead": overhead, "crowd": crowd, "idle": idle, "growth": growth, "sandboxes": sandboxes}
for part in sys.argv[3:] or PARTS:
    PARTS[part]()
    sys.stdout.flush()
