#!/bin/sh
# Each fuzzer for a few seconds from the golden cases, so that none rots; `make fuzz` is the long run.
seconds=${FUZZ_SMOKE_SECONDS:-5}
number=0
failed=0
echo "TAP version 13"
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	number=$((number + 1))
	if sh tests/fuzz/run.sh "$seconds" "build-fuzz/$name" >"build-fuzz/$name.out" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		tail -n 20 "build-fuzz/$name.out" "build-fuzz/$name.log" | sed 's/^/# /'
		failed=1
	fi
done
echo "1..$number"
exit $failed
