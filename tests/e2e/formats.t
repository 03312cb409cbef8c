#!/bin/sh
# Every JSON that the commands write has the fields, types and words that users were promised.
. tests/e2e/lib.sh

checked() { python3 tests/e2e/formats.py "$@"; }

# reply NAME LANGUAGE: a reply of one block, which is standard input.
reply() {
	{ printf '```%s\n' "$2"; cat; printf '```\n'; } >"$SCRATCH/$1.md"
}

# outcome VERDICT NAME OPTION...: runs the reply of that name; its report and its events are as promised.
outcome() {
	verdict=$1 name=$2
	shift 2
	rm -f "$SCRATCH/events" "$SCRATCH/$name.json"
	"$ASSAY" run --format json --events "$SCRATCH/events" --output "$SCRATCH/$name.json" "$@" \
		"$SCRATCH/$name.md" >"$SCRATCH/said" 2>&1
	is "$name: verdict" "$(json "$SCRATCH/$name.json" verdict)" "$verdict"
	ok "$name: report" checked run "$SCRATCH/$name.json"
	[ ! -s "$SCRATCH/events" ] || ok "$name: events" checked events "$SCRATCH/events"
}

echo 'echo hello' | reply program bash
outcome passed program
printf 'echo why >&2\nexit 3\n' | reply failing bash
outcome tests_failed failing
echo 'kill -SEGV $$' | reply crash bash
outcome crashed crash
echo 'sleep 100' | reply slow bash
outcome timed_out slow --time 300ms
echo 'yes' | reply loud bash
outcome crashed loud --output-limit 64K
echo 'rm -rf /' | reply hostile bash
outcome rejected hostile
echo 'no code' >"$SCRATCH/prose.md"
outcome no_code prose
outcome error absent
echo 'puts 1' | reply foreign ruby
outcome error foreign

reply tests python <<'PYTHON'
# test_all.py
import unittest


class All(unittest.TestCase):
    def test_good(self):
        print("said")

    def test_bad(self):
        self.assertEqual(1, 2)

    def test_error(self):
        raise KeyError("x")

    @unittest.skip("not here")
    def test_skipped(self):
        pass
PYTHON
outcome tests_failed tests --workspace "$SCRATCH/workspace" --on-failure keep
outcome tests_failed tests --workspace "$SCRATCH/workspace" --rerun-failures 1
is "the second knows the first" "$(json "$SCRATCH/tests.json" delta still_failing | grep -c test_bad)" 1

for name in program hostile prose tests; do
	"$ASSAY" check "$SCRATCH/$name.md" >"$SCRATCH/check.json"
	ok "$name: check" checked check "$SCRATCH/check.json"
	"$ASSAY" extract "$SCRATCH/$name.md" >"$SCRATCH/extract.json"
	ok "$name: extract" checked extract "$SCRATCH/extract.json"
done
mkdir "$SCRATCH/results"
for file in tests/data/parsers/*/*.txt tests/data/parsers/*/*.tap tests/data/parsers/*/*.xml; do
	"$ASSAY" report --to json --output "$SCRATCH/results/$(basename "$file").json" "$file" >/dev/null 2>&1
done
ok "report, of every recorded output" checked results "$SCRATCH"/results/*.json

# The checker can fail.
sed 's/"verdict":/"verdikt":/' "$SCRATCH/program.json" >"$SCRATCH/renamed.json"
ok "a renamed field is seen" sh -c '! python3 tests/e2e/formats.py run "$1"' - "$SCRATCH/renamed.json"
finish
