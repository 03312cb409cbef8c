#!/bin/sh
# Bodies of megabytes, which a thread reads while the loop goes on.
. tests/e2e/lib.sh

python3 tests/e2e/serve_large.py "$ASSAY"
