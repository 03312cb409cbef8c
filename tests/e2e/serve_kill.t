#!/bin/sh
# kill -9 of the service under load. KILLS=200 for the long mode; SEED=N for the moments of an earlier run.
. tests/e2e/lib.sh

python3 tests/e2e/serve_kill.py "$ASSAY" "$SCRATCH" "${KILLS:-20}" "${SEED:-$(date +%s)}"
