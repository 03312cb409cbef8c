#!/bin/sh
# assay run: report shapes, where they go, events, signals and terminals. No registry is needed.
. tests/e2e/lib.sh

reply() { cat >"$SCRATCH/$1.md"; }
run() { "$ASSAY" run "$@" 2>"$SCRATCH/err"; }

reply pass <<'REPLY'
```python title="calc.py"
def add(a, b):
    return a + b
```

```python title="test_calc.py"
import unittest
from calc import add

class TestAdd(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 3)

    def test_zero(self):
        self.assertEqual(add(0, 0), 0)
```
REPLY
sed 's/return a + b/return a - b/' "$SCRATCH/pass.md" >"$SCRATCH/red.md"
printf '```bash\necho hello\n```\n' | reply program
# Of this test alone: others on the machine may sleep, too.
long=$((1000000 + $$))
printf '```bash\nsleep %s\n```\n' "$long" | reply sleep
printf '```bash\n:(){ :|:& };:\n```\n' | reply bomb
printf 'words\n' | reply words

# ---- JSON: every promised field, in every kind of ending ----
for name in pass red program bomb words; do
	run --format json "$SCRATCH/$name.md" >"$SCRATCH/$name.json"
	echo $? >"$SCRATCH/$name.status"
	is "$name: every field of formats.md" "$(python3 - "$SCRATCH/$name.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
promised = {
    "": "id verdict phase reason exit_code signal environment isolation stages usage blocks findings"
        " results commands workspace delta feedback",
    "environment": "name tool",
    "isolation": "backend uid cgroup seccomp landlock network",
    "usage": "peak_memory cpu_ms wall_ms processes",
    "workspace": "snapshot outcome reverted verified",
    "delta": "against newly_failing fixed still_failing vanished newly_skipped",
}
for key, fields in promised.items():
    have = report[key] if key else report
    print(*sorted(set(fields.split()) - set(have)), end="")
for stage in report["stages"]:
    assert set(stage) >= {"name", "status", "ms"}, stage
for command in report["commands"]:
    missing = set("stage argv exit_code signal ended_by ms stdout stderr".split()) - set(command)
    assert not missing, missing
    assert set(command["stdout"]) >= {"text", "bytes", "dropped"}
PYTHON
)" ""
done
is "pass: exit status" "$(cat "$SCRATCH/pass.status")" 0
is "pass: verdict" "$(json "$SCRATCH/pass.json" verdict)" passed
is "pass: 2 of 2" "$(json "$SCRATCH/pass.json" results summary passed)" 2
is "red: exit status" "$(cat "$SCRATCH/red.status")" 1
is "red: verdict" "$(json "$SCRATCH/red.json" verdict)" tests_failed
is "program: exit status" "$(cat "$SCRATCH/program.status")" 0
is "program: its output" "$(json "$SCRATCH/program.json" commands 0 stdout text)" hello
is "bomb: exit status" "$(cat "$SCRATCH/bomb.status")" 3
is "bomb: nothing ran" "$(json "$SCRATCH/bomb.json" commands)" "[]"
is "words: exit status" "$(cat "$SCRATCH/words.status")" 3
is "words: verdict" "$(json "$SCRATCH/words.json" verdict)" no_code

# ---- TAP and JUnit are red exactly when the run is ----
mkdir "$SCRATCH/reports"
for name in pass red program bomb words; do
	for format in tap junit; do
		run --format $format "$SCRATCH/$name.md" >"$SCRATCH/reports/$name.$format"
		status=$?
		[ $status = 0 ] || status=1
		echo $status >"$SCRATCH/reports/$name.$format.status"
	done
	prove --exec cat "$SCRATCH/reports/$name.tap" >"$SCRATCH/prove" 2>&1
	is "$name: prove agrees" "$?" "$(cat "$SCRATCH/reports/$name.tap.status")"
	ok "$name: prove finds no parse error" sh -c '! grep -i "parse error" "$1"' - "$SCRATCH/prove"
done
ok "JUnit is what the schemas allow, and red when the run is" \
	python3 tests/e2e/junit_schema.py "$SCRATCH/reports"

# ---- where reports go ----
run "$SCRATCH/red.md" >"$SCRATCH/text"
ok "text: verdict first" sh -c 'head -n 1 "$1" | grep -q "^TESTS FAILED"' - "$SCRATCH/text"
ok "text: the failing test" grep -q 'FAIL .*test_add' "$SCRATCH/text"
is "a pipe gets no progress" "$(wc -c <"$SCRATCH/err")" 0
run --quiet "$SCRATCH/pass.md" >"$SCRATCH/text"
is "--quiet: nothing" "$(cat "$SCRATCH/text" "$SCRATCH/err" | wc -c)" 0
(run --format json --output "$SCRATCH/kept.json" "$SCRATCH/pass.md"; echo $? >"$SCRATCH/status") >&-
is "standard output closed: exit status" "$(cat "$SCRATCH/status")" 0
is "standard output closed: the report is whole" "$(json "$SCRATCH/kept.json" verdict)" passed
(run --format json "$SCRATCH/pass.md"; echo $? >"$SCRATCH/status") | true
is "the reader left: exit status" "$(cat "$SCRATCH/status")" 0
"$ASSAY" run "$SCRATCH/pass.md" >/dev/full 2>"$SCRATCH/err"
is "standard output full: exit status" "$?" 4
run --format json "$SCRATCH/none.md" >"$SCRATCH/none.json"
is "no such file: exit status" "$?" 4
is "no such file: in the report too" "$(json "$SCRATCH/none.json" verdict)" error
ok "no such file: and on stderr" grep -q none.md "$SCRATCH/err"

# ---- events ----
run --events "$SCRATCH/events" "$SCRATCH/program.md" >"$SCRATCH/text"
run --events - "$SCRATCH/program.md" >"$SCRATCH/stdout-events"
for file in events stdout-events; do
	ok "$file: lines of JSON, numbered, each stage ended, the verdict last" \
		python3 - "$SCRATCH/$file" <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
assert len({e["id"] for e in events}) == 1
stages = [e for e in events if e["type"] == "stage"]
started = [e["stage"] for e in stages if e["status"] == "started"]
ended = [e["stage"] for e in stages if e["status"] != "started"]
assert set(ended) >= set(started) - {"report"}, (started, ended)
assert all(e["ms"] is not None for e in stages if e["status"] in ("done", "failed"))
text = "".join(e["text"] for e in events if e["type"] == "output" and e["stream"] == "stdout")
assert text == "hello\n", text
verdicts = [e["verdict"] for e in events if e["type"] == "verdict"]
assert verdicts == ["passed"], verdicts
PYTHON
done
run --events "$SCRATCH/no/such" "$SCRATCH/program.md" >"$SCRATCH/text"
is "events to nowhere: exit status" "$?" 4

sleeps() { pgrep -xf "sleep $long" >/dev/null; }
sleeps_not() { ! sleeps; }

# A reader that sleeps must not keep a command from its time limit.
mkfifo "$SCRATCH/pipe"
(eventually sleeps && eventually sleeps_not && cat >"$SCRATCH/slow") <"$SCRATCH/pipe" &
reader=$!
printf '```bash\nyes | head -c 3000000\nsleep %s\n```\n' "$long" | reply flood
run --time 5s --format json --output "$SCRATCH/flood.json" --events "$SCRATCH/pipe" "$SCRATCH/flood.md"
wait $reader
is "sleeping reader: verdict" "$(json "$SCRATCH/flood.json" verdict)" timed_out
ok "sleeping reader: it slept until the time limit had ended the command" test -s "$SCRATCH/slow"
is "sleeping reader: nothing was lost" "$(python3 -c '
import json, sys
print(sum(len(e["text"]) for e in map(json.loads, open(sys.argv[1])) if e["type"] == "output"))' \
	"$SCRATCH/slow")" 3000000

# ---- signals ----
for signal in INT TERM HUP; do
	rm -f "$SCRATCH/events"
	env --default-signal=HUP --block-signal "$ASSAY" run --format json \
		--events "$SCRATCH/events" "$SCRATCH/sleep.md" \
		>"$SCRATCH/cancelled.json" 2>"$SCRATCH/err" &
	pid=$!
	eventually grep -q '"stage":"test","status":"started"' "$SCRATCH/events" 2>/dev/null
	kill -$signal $pid
	[ $signal = TERM ] && kill -TERM $pid
	wait $pid
	is "SIG$signal: exit status" "$?" 130
	is "SIG$signal: verdict" "$(json "$SCRATCH/cancelled.json" verdict)" cancelled
	is "SIG$signal: nothing is left running" "$(pgrep -xf "sleep $long")" ""
done
printf '```bash\nsleep 3\n```\n' | reply short
rm -f "$SCRATCH/events"
(trap '' HUP && exec "$ASSAY" run --quiet --events "$SCRATCH/events" "$SCRATCH/short.md") &
pid=$!
eventually grep -q '"stage":"test","status":"started"' "$SCRATCH/events" 2>/dev/null
kill -HUP $pid
wait $pid
is "nohup: a hang-up does not end it" "$?" 0

env --ignore-signal --block-signal "$ASSAY" run --format json "$SCRATCH/program.md" >"$SCRATCH/deaf.json"
is "whoever starts it ignores and blocks all signals: exit status" "$?" 0
printf '```bash\nkill -ALRM $$\n```\n' | reply alarm
env --ignore-signal --block-signal "$ASSAY" run --format json "$SCRATCH/alarm.md" >"$SCRATCH/alarm.json"
is "and what runs does not" "$(json "$SCRATCH/alarm.json" commands 0 signal)" 14

# ---- a terminal ----
cat >"$SCRATCH/terminal.py" <<'PYTHON'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
out = b""
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    out += data
sys.stdout.buffer.write(out)
PYTHON
printf '```bash\necho working\nsleep 3\n```\n' | reply slow
TERM=xterm python3 "$SCRATCH/terminal.py" "$ASSAY" run "$SCRATCH/slow.md" >"$SCRATCH/screen"
ok "terminal: a status line with stage and time" grep -qE 'test  [0-9.]+ s  working' "$SCRATCH/screen"
ok "terminal: cleared before the report" python3 -c '
import sys
screen = open(sys.argv[1], "rb").read()
before = screen[: screen.rindex(b"PASSED")]
assert b"\r\x1b[K" in before[before.rindex(b"working"):], before' "$SCRATCH/screen"
ok "terminal: colour" sh -c 'grep -q "\[32m" "$1"' - "$SCRATCH/screen"
TERM=xterm NO_COLOR=1 python3 "$SCRATCH/terminal.py" "$ASSAY" run "$SCRATCH/program.md" >"$SCRATCH/screen"
ok "NO_COLOR: none" sh -c '! grep -q "\[32m" "$1"' - "$SCRATCH/screen"
TERM=dumb python3 "$SCRATCH/terminal.py" "$ASSAY" run "$SCRATCH/program.md" >"$SCRATCH/screen"
ok "dumb terminal: no escapes" python3 -c '
import sys
assert b"\x1b" not in open(sys.argv[1], "rb").read()' "$SCRATCH/screen"
TERM=xterm python3 "$SCRATCH/terminal.py" "$ASSAY" run >"$SCRATCH/screen"
ok "nothing on standard input but a person: a hint" grep -q 'pipe it in' "$SCRATCH/screen"

# ---- disks ----
mkdir "$SCRATCH/plain"
: >"$SCRATCH/plain/file"
ASSAY_STATE_DIR=$SCRATCH/plain/file run "$SCRATCH/program.md" >"$SCRATCH/text"
is "state folder that is a file: exit status" "$?" 4
ok "state folder that is a file: says how to set it" grep -q ASSAY_STATE_DIR "$SCRATCH/err"

# ---- flaky tests: the mark lies where no rollback reaches ----
reply flaky <<'REPLY'
```python title="test_flaky.py"
import os
import unittest

class Test(unittest.TestCase):
    def test_steady(self):
        pass

    def test_flaky(self):
        runs = os.path.getsize("/cache/runs") if os.path.exists("/cache/runs") else 0
        with open("/cache/runs", "a") as file:
            file.write("x")
        with open("made", "a") as file:
            file.write("x")
        self.assertEqual(os.path.getsize("made"), 1, "the workspace is not what it was")
        self.assertGreaterEqual(runs, 2)
```
REPLY
run --rerun-failures 5 --workspace "$SCRATCH/flaky" --format json "$SCRATCH/flaky.md" >"$SCRATCH/flaky.json"
is "flaky: exit status" $? 0
is "flaky: the reason says so" "$(json "$SCRATCH/flaky.json" reason)" \
	"2 tests passed, 1 of them flaky: it failed first and passed in re-run 2 of 5"
is "flaky: two re-runs were enough" "$(json "$SCRATCH/flaky.json" reruns)" 2
is "flaky: every run is told" "$(json "$SCRATCH/flaky.json" commands 2 stage)" test
is "flaky: the test is marked" "$(json "$SCRATCH/flaky.json" results tests 0 flaky)" True
is "flaky: the other is not" "$(json "$SCRATCH/flaky.json" results tests 1 flaky)" False
is "flaky: its failure can be read" "$(json "$SCRATCH/flaky.json" results tests 0 message)" \
	"AssertionError: 0 not greater than or equal to 2"
is "flaky: the last run is what is kept" "$(cat "$SCRATCH/flaky/made")" x
run --rerun-failures 1 --format json "$SCRATCH/flaky.md" >"$SCRATCH/flaky.json"
is "flaky: too few re-runs are no pass" $? 1
is "flaky: and that is said" "$(json "$SCRATCH/flaky.json" reason)" \
	"1 of 2 tests failed in each of 2 runs"
run --rerun-failures 3 --format json "$SCRATCH/pass.md" >"$SCRATCH/flaky.json"
is "a pass is not run again" "$(json "$SCRATCH/flaky.json" reruns)" 0

finish
