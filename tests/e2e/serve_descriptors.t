#!/bin/sh
# Clients who hold connections and do nothing leave enough descriptors for what runs.
. tests/e2e/serve_lib.sh
run="$ASSAY"
ASSAY=$SCRATCH/few
printf '#!/bin/sh\nexec prlimit --nofile=256 "%s" "$@"\n' "$run" >"$ASSAY"
chmod +x "$ASSAY"
serve --running 2

python3 - "${URL#http://}" <<'PY'
import http.client, json, socket, sys

host, port = sys.argv[1].split(":")
count = 0


def tell(holds, what, why=""):
    global count
    count += 1
    print("ok" if holds else "not ok", count, "-", what, f"# {why}" if not holds else "", flush=True)


def run(client, **more):
    body = json.dumps({"commands": ["echo hi"]} | more)
    client.request("POST", "/execute", body, {"Content-Type": "application/json"})
    return json.loads(client.getresponse().read())


def crowd(size, text=b""):
    """Those whom it lets in have answers, the others wait in the backlog."""
    made = []
    for _ in range(size):
        made.append(socket.create_connection((host, port)))
        made[-1].sendall(text)
    return made


first = http.client.HTTPConnection(host, int(port), timeout=120)
tell(run(first)["verdict"] == "passed", "one runs")
long = run(first, commands=["sleep 300"], **{"async": True})["id"]
follow = f"GET /executions/{long}/events HTTP/1.1\r\nHost: h\r\n\r\n".encode()
readers = crowd(60, follow)
for reader in readers[:30]:
    reader.settimeout(120)
    reader.recv(1)
idle = crowd(300)
report = run(first)
tell(report["verdict"] == "passed", "beside a crowd of clients another runs", report["reason"])
for client in readers + idle:
    client.close()
report = run(http.client.HTTPConnection(host, int(port), timeout=120))
tell(report["verdict"] == "passed", "and when they have left the next gets in", report["reason"])
first.request("POST", f"/executions/{long}/cancel")
first.getresponse().read()
print(f"1..{count}")
PY
