#!/bin/sh
# What people type wrongly, and streams that misbehave: one sentence, and a documented exit status.
. tests/e2e/lib.sh

# refuses STATUS TEXT ARGUMENTS...: exits so, says so in one line on stderr, and nothing on stdout.
refuses() {
	want=$1
	text=$2
	shift 2
	"$ASSAY" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
	is "assay $*: exit status" "$status" "$want"
	is "assay $*: one line" "$(wc -l <"$SCRATCH/err")" 1
	ok "assay $*: says why" grep -qF -- "$text" "$SCRATCH/err"
	is "assay $*: nothing on stdout" "$(wc -c <"$SCRATCH/out")" 0
}

refuses 2 '"assay --help"'
refuses 2 'did you mean "run"?' rn
refuses 2 'type "assay --help"' frobnicate
refuses 2 'did you mean --format?' run --fromat json
refuses 2 'did you mean "junit"?' run --format jnuit
refuses 2 'needs a value' run --workspace
refuses 2 'is not a size' run --memory lots
refuses 2 'did you mean "python-3.11"?' run --env python-3.1
refuses 2 'did you mean "python"?' check --allow-language pyton
refuses 2 'there is no folder' run --workspace "$SCRATCH/no/such"
refuses 2 'is not a folder' run --workspace Makefile
refuses 2 'whole system' run --workspace /
refuses 2 'takes options only' doctor now
refuses 2 'is too much' report a b
refuses 2 'did you mean "report"?' help reprot
refuses 4 'cannot open' extract "$SCRATCH/none.md"
refuses 4 'cannot read' extract "$SCRATCH"
refuses 4 'cannot open' report "$SCRATCH/none.txt"
refuses 4 'the input is empty' report
refuses 4 'cannot open' check --rules "$SCRATCH/none.json" -

for command in run check extract report doctor version help; do
	ok "assay $command --help" "$ASSAY" "$command" --help
	"$ASSAY" help "$command" >"$SCRATCH/help"
	"$ASSAY" "$command" --help >"$SCRATCH/option"
	ok "assay help $command is the same" cmp "$SCRATCH/help" "$SCRATCH/option"
done
ok "assay --help" "$ASSAY" --help
ok "assay --version" "$ASSAY" --version

# A standard output that is full is an error, one that nobody reads is none.
"$ASSAY" --help >/dev/full 2>"$SCRATCH/err"
is "full standard output: exit status" "$?" 4
ok "full standard output: says why" grep -q 'No space left' "$SCRATCH/err"
printf '```python\nprint(1)\n```\n' >"$SCRATCH/reply.md"
("$ASSAY" extract "$SCRATCH/reply.md"; echo $? >"$SCRATCH/status") | true
is "reader of standard output left: exit status" "$(cat "$SCRATCH/status")" 0
"$ASSAY" extract "$SCRATCH/reply.md" >&- 2>&-
is "closed standard output: exit status" "$?" 0
"$ASSAY" extract <&- >"$SCRATCH/out" 2>&1
is "closed standard input: exit status" "$?" 0

# --output is whole or absent.
echo old >"$SCRATCH/report.json"
ok "--output" "$ASSAY" extract --output "$SCRATCH/report.json" "$SCRATCH/reply.md"
is "--output holds the report" "$(json "$SCRATCH/report.json" 0 language)" python
is "--output leaves nothing beside it" "$(ls "$SCRATCH" | grep -c 'report\.json')" 1
"$ASSAY" extract --output "$SCRATCH" "$SCRATCH/reply.md" 2>"$SCRATCH/err"
is "--output to a folder: exit status" "$?" 4
ok "--output to a device" "$ASSAY" extract --output /dev/null "$SCRATCH/reply.md"
ok "/dev/null is still a device" test -c /dev/null
finish
