#!/bin/sh
# The factorial story: attempt 1 fails and is rolled back, its feedback goes back to the coder, attempt
# 2 passes. Usage: demo.sh PATH-OF-ASSAY
ASSAY=$1
workspace=$(mktemp -d) || exit 1
trap 'rm -rf "$workspace"' EXIT
here=$(dirname "$0")
. "$here/mirror.sh"
[ -n "$ASSAY_PRIVATE_REGISTRIES" ] &&
	echo "Your package registries are private mirrors; the demo allows them (ASSAY_PRIVATE_REGISTRIES)."

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "Attempt 1: a model's reply, piped into assay"
echo "$ assay run --workspace $workspace < examples/factorial/attempt-1.md"
"$ASSAY" run --workspace "$workspace" <"$here/factorial/attempt-1.md"
echo "exit status $?; files in the workspace: $(ls "$workspace" | wc -l)"

say "What goes back to the coder: the report's feedback"
echo "$ assay run --workspace $workspace --format json < examples/factorial/attempt-1.md | jq -r .feedback"
"$ASSAY" run --workspace "$workspace" --format json <"$here/factorial/attempt-1.md" |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["feedback"])'

say "Attempt 2: the coder has read it"
echo "$ assay run --workspace $workspace < examples/factorial/attempt-2.md"
"$ASSAY" run --workspace "$workspace" <"$here/factorial/attempt-2.md"
status=$?
echo "exit status $status; files in the workspace: $(ls "$workspace" | tr '\n' ' ')"
exit $status
