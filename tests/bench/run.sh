#!/bin/sh
# Everything `make bench` prints: run.sh BUILD-FOLDER. Ratios within one run; absolute times mean little.
build=$1
ASSAY=$build/assay
. examples/mirror.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export ASSAY_STATE_DIR="$scratch/state"

for bench in "$build"/tests/bench/bench_*; do
	case $bench in *.o | *.d) continue ;; esac
	echo "== $(basename "$bench")"
	"$bench" || exit 1
	echo
done
for script in tests/bench/bench_*.py; do
	echo "== $(basename "$script")"
	python3 "$script" "$ASSAY" "$scratch" || exit 1
	echo
done
