#!/bin/sh
# Signals at every stage of a run.
. tests/e2e/lib.sh
. examples/mirror.sh

python3 tests/e2e/signals.py "$ASSAY" "$SCRATCH"
