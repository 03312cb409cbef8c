#!/bin/sh
# Clients without manners for some seconds: CHAOS_SECONDS=300 CHAOS_SEED=7 for a night's worth, best with an ASSAY that
# was built with sanitizers.
ASSAY=${ASSAY:-build/assay}
case $ASSAY in /*) ;; *) ASSAY=$PWD/$ASSAY ;; esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 tests/e2e/serve_chaos.py "$ASSAY" "$scratch" "${CHAOS_SECONDS:-6}" "${CHAOS_SEED:-1}"
