#!/bin/sh
# The factorial and multiply stories, from a pipe, in every format, read by parsers that are not ours.
. tests/e2e/lib.sh
. examples/mirror.sh

python3 -m venv "$SCRATCH/venv" && "$SCRATCH/venv/bin/pip" install -q --disable-pip-version-check junitparser \
	>"$SCRATCH/pip" 2>&1
ok "an independent JUnit parser is there" "$SCRATCH/venv/bin/python" -c 'import junitparser'
mkdir "$SCRATCH/work"

# story NAME STATUS TESTS FAILED REPLY [OPTION...]: in JSON, TAP and JUnit; the counts are those of the story.
story() {
	name=$1 status=$2 tests=$3 failed=$4 reply=$5
	shift 5
	for format in json tap junit; do
		"$ASSAY" run --format $format "$@" <"$reply" >"$SCRATCH/$name.$format" 2>"$SCRATCH/err"
		is "$name, $format: exit status" "$?" "$status"
		is "$name, $format: no progress in a pipe" "$(wc -c <"$SCRATCH/err")" 0
	done
	is "$name, json: tests" "$(json "$SCRATCH/$name.json" results summary tests)" "$tests"
	is "$name, json: failed" "$(json "$SCRATCH/$name.json" results summary failed)" "$failed"

	prove --verbose --exec cat "$SCRATCH/$name.tap" >"$SCRATCH/prove" 2>&1
	is "$name, tap: prove's exit status" "$?" "$([ "$status" = 0 ]; echo $?)"
	is "$name, tap: tests that prove saw" "$(sed -n 's/^Files=1, Tests=\([0-9]*\),.*/\1/p' "$SCRATCH/prove")" "$tests"
	is "$name, tap: failures that prove saw" "$(grep -cE '^not ok' "$SCRATCH/prove")" "$failed"
	ok "$name, tap: nothing that prove cannot read" sh -c '! grep -iE "parse error|unknown|bad plan" "$1"' - "$SCRATCH/prove"

	is "$name, junit: what junitparser read" "$("$SCRATCH/venv/bin/python" - "$SCRATCH/$name.junit" <<'PYTHON'
import sys
import junitparser

xml = junitparser.JUnitXml.fromfile(sys.argv[1])
suites = [xml] if isinstance(xml, junitparser.TestSuite) else list(xml)
cases = [case for suite in suites for case in suite]
bad = [case for case in cases if any(isinstance(r, (junitparser.Failure, junitparser.Error)) for r in case.result)]
said = sum(suite.tests for suite in suites), sum(suite.failures + suite.errors for suite in suites)
assert said == (len(cases), len(bad)), (said, len(cases), len(bad))
assert all(case.name and case.classname for case in cases)
print(len(cases), len(bad))
PYTHON
)" "$tests $failed"
	command -v xmllint >/dev/null && ok "$name, junit: xmllint reads it" xmllint --noout "$SCRATCH/$name.junit"
	return 0
}
story factorial-1 1 5 1 examples/factorial/attempt-1.md --workspace "$SCRATCH/work"
story factorial-2 0 5 0 examples/factorial/attempt-2.md --workspace "$SCRATCH/work"
story multiply 0 2 0 examples/multiply/reply.md

# ---- one run, read in several ways at once ----
"$ASSAY" run --events - --format json --output "$SCRATCH/both.json" <examples/multiply/reply.md >"$SCRATCH/both.events" 2>"$SCRATCH/err"
is "events and report: exit status" "$?" 0
is "events and report: nothing on standard error" "$(wc -c <"$SCRATCH/err")" 0
ok "events and report: they tell the same" python3 - "$SCRATCH/both.events" "$SCRATCH/both.json" <<'PYTHON'
import json, sys
lines = open(sys.argv[1]).read().split("\n")
assert lines.pop() == ""
events = [json.loads(line) for line in lines]
report = json.load(open(sys.argv[2]))
assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
assert {e["id"] for e in events} == {report["id"]}
assert [e["verdict"] for e in events if e["type"] == "verdict"] == [report["verdict"]] == ["passed"]
done = {e["stage"] for e in events if e["type"] == "stage" and e["status"] == "done"}
assert done >= {s["name"] for s in report["stages"] if s["status"] == "done"} - {"report"}, done
said = "".join(e["text"] for e in events if e["type"] == "output" and e["stage"] == "test" and e["stream"] == "stderr")
told = [c for c in report["commands"] if c["stage"] == "test"][-1]["stderr"]
assert told["dropped"] or said.rstrip("\n") == told["text"].rstrip("\n"), (said, told)
PYTHON
"$ASSAY" run --quiet --format json --output "$SCRATCH/quiet.json" <examples/multiply/reply.md >"$SCRATCH/quiet" 2>&1
is "quiet: exit status" "$?" 0
is "quiet: not a byte" "$(wc -c <"$SCRATCH/quiet")" 0
is "quiet: the report is in its file" "$(json "$SCRATCH/quiet.json" verdict)" passed
finish
