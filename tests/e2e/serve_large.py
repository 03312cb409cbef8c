"""Large bodies, which a thread reads: all that may happen to one meanwhile. serve_large.py ASSAY"""
import json
import signal
import socket
import subprocess
import sys
import threading
import time

import tap

BIG = 6 << 20
def ok(what, good, why=""):
    tap.ok(good, what, [str(why)[:400]])


class Server:
    def __init__(self, binary):
        self.process = subprocess.Popen([binary, "serve", "--listen", "127.0.0.1:0", "--running", "2"],
                                        stderr=subprocess.PIPE, text=True)
        self.port = int(self.process.stderr.readline().rsplit(":", 1)[1])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, method, path, body=b"", *headers):
        with self.connect() as client:
            client.sendall(head(method, path, len(body), *headers) + body)
            return hear(client)


def head(method, path, length, *headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {length}"]
    if not any(line.startswith("Content-Type") for line in headers):
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def hear(client):
    text = b""
    while part := client.recv(1 << 16):
        text += part
    top, _, body = text.partition(b"\r\n\r\n")
    return (int(top.split()[1]) if top else 0), top.decode(), body


def request(command, big="x", size=BIG):
    """A file that the command may count."""
    return json.dumps({"environment": "bash", "files": {"big.txt": big * size}, "commands": [command]}).encode()


def verdict(answer):
    return json.loads(answer[2]).get("verdict")


def bodies(server):
    # what is good, and what is not, is told as for small ones
    good = server.ask("POST", "/execute", request(f"test $(wc -c <big.txt) = {BIG}"))
    ok("a large body arrives whole", good[0] == 200 and verdict(good) == "passed", good[2][:400])
    for what, body, part in (
            ("no JSON", request("true")[:-1] + b"!", b"not valid JSON"),
            ("not UTF-8", request("true").replace(b"xxxx", b"xx\xffx", 1), b"not UTF-8"),
            ("an unknown field", request("true").replace(b"commands", b"comands", 1), b"did you mean"),
            ("more values than may be", b'{"commands":[' + b"0," * 300000 + b"0]}", b"100,000 values"),
            ("of the wrong type", b'{"text":1' + b" " * BIG + b"}", b"must be a string")):
        status, _, text = server.ask("POST", "/execute", body)
        ok(f"{what}: 400 that says so", status == 400 and part in text, (status, text[:300]))


def keys(server):
    # an Idempotency-Key is for all of the body, JSON or text
    text = b"```bash\necho hello\n```\n" + b"x" * BIG
    for what, body, headers in (("JSON", request("echo once"), ()),
                                ("text", text, ("Content-Type: text/plain",))):
        key = f"Idempotency-Key: large-{what}"
        first = server.ask("POST", "/execute", body, key, *headers)
        again = server.ask("POST", "/execute", body, key, *headers)
        ok(f"{what}, the same key: the same answer",
           first[0] == again[0] == 200 and first[2] == again[2] and "Replayed" in again[1],
           (first[0], again[0], first[2][:200]))
        other = server.ask("POST", "/execute", body[:-3] + b"y" + body[-2:] if what == "text"
                           else request("echo once", "y"), key, *headers)
        ok(f"{what}, the same key for another: 409", other[0] == 409, other)


def leavers(server):
    # they go while theirs waits, is read, or has just been read
    body = request("true")
    for i in range(24):
        client = server.connect()
        client.sendall(head("POST", "/execute", len(body)) + body)
        time.sleep(0.004 * (i % 6))
        if i % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    answers = []

    def stay():
        answers.append(server.ask("POST", "/execute", body))

    threads = [threading.Thread(target=stay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ok("who stays is answered", [a[0] for a in answers] == [200] * 6, [a[:2] for a in answers])
    ok("and it goes on", server.ask("GET", "/version")[0] == 200)


def end(server):
    # it stops while bodies are being read: what was accepted is answered, the rest is told
    body = request("true")
    clients = [server.connect() for _ in range(8)]
    for client in clients:
        client.sendall(head("POST", "/execute", len(body)) + body)
    server.process.send_signal(signal.SIGTERM)
    statuses = []
    for client in clients:
        try:
            statuses.append(hear(client)[0])
        except OSError:
            statuses.append(0)
        client.close()
    ok("each is answered, refused or cut off", set(statuses) <= {200, 503, 0}, statuses)
    ok("it ends, with 0", server.process.wait(60) == 0, server.process.returncode)


def main():
    server = Server(sys.argv[1])
    try:
        for part in (bodies, keys, leavers, end):
            part(server)
    finally:
        server.process.kill()
    tap.end()


main()
