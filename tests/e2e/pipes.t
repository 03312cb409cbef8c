#!/bin/sh
# Standard streams that do not block.
. tests/e2e/lib.sh

python3 tests/e2e/pipes.py "$ASSAY"
