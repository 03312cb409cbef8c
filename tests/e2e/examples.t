#!/bin/sh
# Every example reply gets the verdict that examples/replies/verdicts.tsv promises, on the real binary.
. tests/e2e/lib.sh
. examples/mirror.sh

tab=$(printf '\t')
while IFS=$tab read -r name verdict options; do
	case $name in '#'*) continue ;; esac
	# shellcheck disable=SC2086 # options are words
	"$ASSAY" run $options --format json --output "$SCRATCH/$name.json" \
		"examples/replies/$name.md" >"$SCRATCH/$name.log" 2>&1
	status=$?
	is "$name: verdict" "$(json "$SCRATCH/$name.json" verdict)" "$verdict"
	case $verdict in
	passed) want=0 ;;
	rejected | no_code) want=3 ;;
	*) want=1 ;;
	esac
	is "$name: exit status" "$status" "$want"
	[ "$(json "$SCRATCH/$name.json" verdict)" = "$verdict" ] ||
		json "$SCRATCH/$name.json" reason | sed 's/^/# reason: /'
done <examples/replies/verdicts.tsv

for reply in examples/replies/*.md; do
	name=$(basename "$reply" .md)
	ok "$name is listed in verdicts.tsv" grep -q "^$name$tab" examples/replies/verdicts.tsv
done
finish
