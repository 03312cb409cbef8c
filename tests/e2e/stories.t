#!/bin/sh
# The three stories of the features page, as told, on the real registries.
. tests/e2e/lib.sh
. examples/mirror.sh

digest() { (cd "$1" && find . -print0 | sort -z | xargs -0 stat -c '%n %a %s %Y' && find . -type f -print0 |
	sort -z | xargs -0 -r sha256sum) | sha256sum; }

# 1. Multiply: from a pipe, 2 of 2.
"$ASSAY" run --format json <examples/multiply/reply.md >"$SCRATCH/multiply.json"
is "multiply passes" "$(json "$SCRATCH/multiply.json" verdict)" passed
is "multiply: 2 of 2 tests" "$(json "$SCRATCH/multiply.json" results summary passed)" 2
is "multiply: read from jest's own report" "$(json "$SCRATCH/multiply.json" results source)" native

# 2. Factorial: attempt 1 fails and leaves no trace, attempt 2 passes, and the delta says what was fixed.
mkdir "$SCRATCH/work"
echo 'keep me' >"$SCRATCH/work/notes.txt"
before=$(digest "$SCRATCH/work")
"$ASSAY" run --workspace "$SCRATCH/work" --format json <examples/factorial/attempt-1.md >"$SCRATCH/1.json"
is "factorial 1 fails" "$?" 1
is "factorial 1: verdict" "$(json "$SCRATCH/1.json" verdict)" tests_failed
is "factorial 1: rolled back" "$(json "$SCRATCH/1.json" workspace outcome)" rolled_back
is "factorial 1: verified" "$(json "$SCRATCH/1.json" workspace verified)" True
is "factorial 1: byte for byte as it was" "$(digest "$SCRATCH/work")" "$before"
json "$SCRATCH/1.json" feedback >"$SCRATCH/feedback"
ok "feedback names the test" grep -q test_negative_numbers_are_refused "$SCRATCH/feedback"
ok "feedback names file and line" grep -qE 'test_factorial\.py:1[0-9]' "$SCRATCH/feedback"
ok "feedback gives the reason" grep -q 'DID NOT RAISE' "$SCRATCH/feedback"
"$ASSAY" run --workspace "$SCRATCH/work" --format json <examples/factorial/attempt-2.md >"$SCRATCH/2.json"
is "factorial 2 passes" "$?" 0
is "factorial 2: committed" "$(json "$SCRATCH/2.json" workspace outcome)" committed
is "factorial 2: delta fixed 1" "$(json "$SCRATCH/2.json" delta fixed)" \
	'["test_factorial.py > test_negative_numbers_are_refused"]'
ok "factorial 2: the file is there" grep -q 'raise ValueError' "$SCRATCH/work/factorial.py"
ok "factorial 2: what was there stayed" grep -q 'keep me' "$SCRATCH/work/notes.txt"
is "factorial 2: nothing else came" "$(cd "$SCRATCH/work" && find . -type f | sort | tr '\n' ' ')" \
	"./factorial.py ./notes.txt ./test_factorial.py "

# 3. Registration API: real express, bcrypt and jest; the second run installs nothing.
"$ASSAY" run --format json <examples/registration-api/reply.md >"$SCRATCH/api.json"
is "registration API passes" "$(json "$SCRATCH/api.json" verdict)" passed
is "registration API: 8 of 8 tests" "$(json "$SCRATCH/api.json" results summary passed)" 8
"$ASSAY" run --format json <examples/registration-api/reply.md >"$SCRATCH/again.json"
is "second run passes" "$(json "$SCRATCH/again.json" verdict)" passed
is "second run installs nothing" "$(json "$SCRATCH/again.json" commands | grep -c '"install"')" 0

# What an install may write is bounded: by the run, and all that is kept together.
ASSAY_STATE_DIR=$SCRATCH/bounded
"$ASSAY" run --disk 30M --format json <examples/registration-api/reply.md >"$SCRATCH/disk.json"
is "an install beyond the disk limit: exit status" "$?" 1
is "an install beyond the disk limit: verdict" "$(json "$SCRATCH/disk.json" verdict)" install_failed
ok "an install beyond the disk limit: names it" grep -q '"reason": *"npm install .* 30 MiB' "$SCRATCH/disk.json"
is "an install beyond the disk limit: leaves nothing" "$(ls "$ASSAY_STATE_DIR/layers" "$ASSAY_STATE_DIR/building" | grep -v :)" ""
ASSAY_LAYERS_DISK=1M "$ASSAY" run --format json <examples/registration-api/reply.md >"$SCRATCH/bound.json"
is "dependencies beyond what may be kept: the run passes" "$(json "$SCRATCH/bound.json" verdict)" passed
is "dependencies beyond what may be kept: none is" "$(ls "$ASSAY_STATE_DIR/layers")" ""
finish
