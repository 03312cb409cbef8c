"""Signals at every stage: a clean end, a report that says so, a workspace as it was, nothing left.

signals.py ASSAY SCRATCH; prints TAP."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import traces
from tap import end, equal

ASSAY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
STATE, WORK = pathlib.Path(os.environ["ASSAY_STATE_DIR"]), SCRATCH / "work"
EVENTS, REPORT = SCRATCH / "events", SCRATCH / "report"
PATIENCE = 120  # seconds; only a failing test waits as long


def start(reply, *options):
    EVENTS.unlink(missing_ok=True)
    REPORT.unlink(missing_ok=True)
    return subprocess.Popen(
        ["env", "--default-signal=HUP", ASSAY, "run", "--workspace", WORK, "--format", "json", "--output", REPORT, "--events", EVENTS,
         *options, SCRATCH / reply],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)


def wait_for(text, child):
    end = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < end:
        if EVENTS.exists() and text in EVENTS.read_text():
            return
        time.sleep(0.002)


def started(stage):
    return f'"stage":"{stage}","status":"started"'


def cancelled(name, child, family, before):
    try:
        equal(f"{name}: exit status", child.wait(timeout=PATIENCE), 130)
    except subprocess.TimeoutExpired:
        child.kill()
        equal(f"{name}: exit status", f"none after {PATIENCE} s", 130)
        return
    left = traces.remaining(family) + traces.control_groups(child.pid)
    left += traces.mounts(str(STATE), str(WORK)) + traces.unfinished(STATE)
    equal(f"{name}: nothing is left", left, [])
    report = json.loads(REPORT.read_text())
    equal(f"{name}: verdict", report["verdict"], "cancelled")
    equal(f"{name}: the workspace was not committed", report["workspace"]["outcome"] in (None, "rolled_back"),
          True)
    equal(f"{name}: the workspace is as it was", traces.digest(WORK), before)
    events = [json.loads(line) for line in EVENTS.read_text().splitlines()]
    equal(f"{name}: the events say it once", [e["verdict"] for e in events if e["type"] == "verdict"],
          ["cancelled"])
    equal(f"{name}: no event is missing", [e["seq"] for e in events], list(range(1, len(events) + 1)))


def one(name, send, reply="sleep.md", stage="test", text=None):
    before = traces.digest(WORK)
    child = start(reply)
    family = traces.Family(child.pid)
    wait_for(text or started(stage), child)
    family.look()
    send(child)
    cancelled(name, child, family, before)


def twice(child):
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGINT)
    time.sleep(0.01)
    try:
        child.send_signal(signal.SIGTERM)
    except ProcessLookupError:
        pass


def stop_and_end(child):
    os.killpg(child.pid, signal.SIGSTOP)
    time.sleep(0.2)
    child.send_signal(signal.SIGTERM)
    os.killpg(child.pid, signal.SIGCONT)


def main():
    traces.adopt_orphans()
    WORK.mkdir()
    (WORK / "notes.txt").write_text("keep me\n")
    (SCRATCH / "sleep.md").write_text("```bash\necho x >made\necho here\nsleep 98763 & (setsid sleep 98763 &)\n"
                                      "trap '' INT TERM HUP\nsleep 98763\nsleep 98763\n```\n")
    (SCRATCH / "install.md").write_text(
        '```json title="package.json"\n{"name": "a", "version": "1.0.0", "scripts": {"preinstall": '
        '"sleep 98763", "test": "node --test"}, "dependencies": {"ms": "2.1.3"}}\n```\n\n'
        "```js title=\"a.test.js\"\nrequire('node:test')('a', () => {});\n```\n")
    (SCRATCH / "nap.md").write_text("```bash\necho one\nsleep 0.5\necho two\n```\n")
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        one(name, lambda child, name=name: child.send_signal(getattr(signal, name)), text='"text":"here')
    one("SIGINT to the whole group", lambda child: os.killpg(child.pid, signal.SIGINT), text='"text":"here')
    one("SIGINT twice, then SIGTERM", twice, text='"text":"here')
    one("SIGTERM while it is stopped", stop_and_end, text='"text":"here')
    one("SIGINT as it opens", lambda child: child.send_signal(signal.SIGINT), stage="open")
    one("SIGINT during the install", lambda child: child.send_signal(signal.SIGINT), reply="install.md",
        stage="install")

    child = start("nap.md")
    wait_for('"text":"one', child)
    for _ in range(3):
        os.killpg(child.pid, signal.SIGSTOP)
        time.sleep(0.1)
        os.killpg(child.pid, signal.SIGCONT)
    child.send_signal(signal.SIGPIPE)
    child.send_signal(signal.SIGWINCH)
    equal("stopped and continued, SIGPIPE, SIGWINCH: exit status", child.wait(timeout=PATIENCE), 0)
    equal("stopped and continued: its output is whole",
          json.loads(REPORT.read_text())["commands"][0]["stdout"]["text"], "one\ntwo\n")

    # While it commits it may no longer be stopped: committed as a whole, or not at all.
    (SCRATCH / "many.md").write_text("```bash\nmkdir d\nfor i in $(seq 800); do echo $i >d/$i; done\n```\n")
    child = start("many.md")
    wait_for(started("commit"), child)
    child.send_signal(signal.SIGINT)
    status = child.wait(timeout=PATIENCE)
    whole = len(list((WORK / "d").iterdir())) == 800 if (WORK / "d").exists() else None
    outcome = json.loads(REPORT.read_text())["workspace"]["outcome"]
    equal("SIGINT during the commit: all or nothing, and told", (whole, outcome) in
          ((True, "committed"), (None, "rolled_back")), True)
    equal("SIGINT during the commit: the exit status agrees", status, 0 if whole else 130)
    end()


main()
