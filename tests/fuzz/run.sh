#!/bin/sh
# Runs each fuzzer for a number of seconds from the golden cases as seeds: run.sh SECONDS FUZZER...
# A finding is left in build-fuzz/findings/ and ends the run with status 1.
seconds=$1
shift
mkdir -p build-fuzz/findings
for fuzzer in "$@"; do
	name=$(basename "$fuzzer")
	corpus=build-fuzz/corpus/$name
	mkdir -p "$corpus"
	seeds=tests/data/${name#fuzz_}
	[ -d "$seeds" ] || seeds=
	echo "== $name, $seconds s"
	# shellcheck disable=SC2086 # seeds is a folder or nothing
	"$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix=build-fuzz/findings/"$name"- "$corpus" $seeds 2>"build-fuzz/$name.log"
	status=$?
	grep -E 'number_of_executed_units|new_units_added|ERROR|SUMMARY' "build-fuzz/$name.log"
	[ $status = 0 ] || exit 1
done
