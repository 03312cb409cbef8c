#!/bin/sh
# kill -9 at random moments of real stories. KILLS=50 for that many of the express story, each with its
# install; SEED=N for the moments of an earlier run.
. tests/e2e/lib.sh
. examples/mirror.sh

SEED=${SEED:-$(date +%s)}
python3 tests/e2e/kill.py "$ASSAY" "$SCRATCH" "${KILLS:-0}" "$SEED"
