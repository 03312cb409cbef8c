#!/bin/sh
# The coder of examples/ against a real service: it fails, reads the feedback, and passes.
. tests/e2e/serve_lib.sh
serve

python3 examples/coder.py "$URL" >"$SCRATCH/story" 2>&1
is "the coder ends well" "$?" 0
ok "the first attempt fails" grep -q '^attempt 1: tests_failed' "$SCRATCH/story"
ok "and says what is wrong" grep -q 'test_negative_numbers_are_refused' "$SCRATCH/story"
ok "the second passes" grep -q '^attempt 2: passed' "$SCRATCH/story"
ok "and what it fixed is counted" grep -q 'fixed: 1' "$SCRATCH/story"
serve_stop
finish
