"""kill -9 of assay at random moments of a story, then a start: nothing is left, nothing is half done.

kill.py ASSAY SCRATCH KILLS SEED; prints TAP."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import traces
from tap import end, ok

ASSAY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
KILLS, SEED = int(sys.argv[3]), int(sys.argv[4])
STATE = SCRATCH / "kill-state"
WORK = SCRATCH / "work"
EVENTS = SCRATCH / "events"
SMALL = """```json title="package.json"
{"name": "small", "version": "1.0.0", "scripts": {"test": "node --test"}, "dependencies": {"ms": "2.1.3"}}
```

```js title="small.test.js"
const test = require('node:test');
const assert = require('node:assert');
test('a day', () => assert.strictEqual(require('ms')('1d'), 86400000));
```
"""
chance = random.Random(SEED)


def start(reply):
    EVENTS.unlink(missing_ok=True)
    return subprocess.Popen(
        [ASSAY, "run", "--workspace", str(WORK), "--format", "json", "--output", str(SCRATCH / "report"),
         "--events", str(EVENTS), str(reply)],
        env={**os.environ, "ASSAY_STATE_DIR": str(STATE)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stage():
    """The stage that had begun last, and whether a stage of that name had."""
    try:
        lines = EVENTS.read_text().splitlines()
    except OSError:
        return "before the first event"
    name = "before the first event"
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the kill cut it
        if event["type"] == "stage" and event["status"] == "started":
            name = event["stage"]
    return name


def reset_workspace():
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "old").mkdir(parents=True)
    for i in range(20):
        (WORK / "old" / f"{i}.txt").write_text(f"old {i}\n")
    (WORK / "notes.txt").write_text("keep me\n")


def forget_layers():
    shutil.rmtree(STATE / "layers", ignore_errors=True)


def sealed():
    """A commit record that is complete: from here on the commit happens, whoever carries it out."""
    return any((STATE / "commits").glob("*/record"))


class Story:
    """at: the stage to kill in, or "sealed"; anywhere if None."""

    def __init__(self, name, reply, kills, fresh=False, at=None):
        self.name, self.reply, self.kills, self.fresh, self.at = name, reply, kills, fresh, at

    def is_time(self):
        return not self.at or (sealed() if self.at == "sealed" else stage() == self.at)

    def learn(self):
        """An undisturbed run: how long it takes and what it commits."""
        reset_workspace()
        self.before = traces.digest(WORK)
        if self.fresh:
            forget_layers()
        began = time.monotonic()
        status = start(self.reply).wait()
        self.seconds = time.monotonic() - began
        self.after = traces.digest(WORK)
        ok(status == 0 and self.after != self.before, f"{self.name}: passes undisturbed")
        if self.at == "sealed":
            self.seconds = 0.03
        elif self.at:
            events = [json.loads(line) for line in EVENTS.read_text().splitlines()]
            self.seconds = sum(e.get("ms") or 0 for e in events if e.get("stage") == self.at) / 1000
        print(f"# {self.name}: {self.seconds:.3f} s{' of ' + self.at if self.at else ''}")

    def wait_for_moment(self, child, family):
        delay = chance.uniform(0, self.seconds)
        while not self.is_time() and child.poll() is None:
            time.sleep(0.001)
        family.look()
        end = time.monotonic() + delay
        began = time.monotonic()
        while (left := end - time.monotonic()) > 0 and child.poll() is None:
            if left > 0.01:
                family.look()
            time.sleep(min(left, 0.02))
        return min(delay, time.monotonic() - began)

    def kill(self, index):
        reset_workspace()
        if self.fresh:
            forget_layers()
        child = start(self.reply)
        family = traces.Family(child.pid)
        delay = self.wait_for_moment(child, family)
        late = child.poll() is not None
        child.kill()
        child.wait()
        if late and not self.at:
            self.seconds = min(self.seconds, delay) * 0.95  # faster than when it was measured
            return False
        where = "over before the kill" if late else stage()
        trouble = traces.remaining(family)
        subprocess.run([ASSAY, "run", str(SCRATCH / "echo.md")], check=False, timeout=300,
                       env={**os.environ, "ASSAY_STATE_DIR": str(STATE)}, stdout=subprocess.DEVNULL)
        trouble += traces.control_groups(child.pid) + traces.mounts(str(STATE), str(WORK))
        trouble += traces.unfinished(STATE)
        found = traces.digest(WORK)
        workspace = {self.before: "as before", self.after: "committed"}.get(found)
        if not workspace:
            trouble += ["between: " + name for name in traces.listing(WORK)[:40]]
        ok(not trouble, f"{self.name} {index}: after {delay * 1000:.0f} ms, in {where}: nothing left, "
           f"workspace {workspace or 'BETWEEN'}", trouble)
        return True

    def run(self):
        self.learn()
        for index in range(1, self.kills + 1):
            while not self.kill(index):
                pass
        reset_workspace()
        ok(start(self.reply).wait() == 0, f"{self.name}: passes afterwards, on the layers that are kept")


def main():
    traces.adopt_orphans()
    (SCRATCH / "echo.md").write_text("```bash\necho next\n```\n")
    (SCRATCH / "many.md").write_text(
        "```bash\nrm -r old\nmkdir -p a/b\nfor i in $(seq 1500); do echo $i >a/b/$i; done\n"
        "echo new >notes.txt\nln -s a/b link\n```\n")
    (SCRATCH / "small.md").write_text(SMALL)
    print(f"# seed {SEED} (SEED=N repeats it)")
    if KILLS:
        express = "examples/registration-api/reply.md"
        stories = [
            Story("express", express, KILLS - KILLS // 3, fresh=True),
            Story("express on its layer", express, KILLS // 3),
        ]
    else:
        stories = [
            Story("install", SCRATCH / "small.md", 6, fresh=True),
            Story("kept layer", SCRATCH / "small.md", 4),
            Story("commit", SCRATCH / "many.md", 3, at="commit"),
            Story("sealed commit", SCRATCH / "many.md", 5, at="sealed"),
        ]
    for story in stories:
        story.run()
    end()


main()
