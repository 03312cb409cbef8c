#!/bin/sh
# Two runs at once: on one workspace, and on one dependency layer that neither has yet.
. tests/e2e/lib.sh
. examples/mirror.sh

# both NAME REPLY-A REPLY-B [OPTION...]: reports as NAME-a.json and NAME-b.json
both() {
	name=$1 first=$2 second=$3
	shift 3
	timeout 900 "$ASSAY" run "$@" --format json --output "$SCRATCH/$name-a.json" "$first" 2>"$SCRATCH/err-a" &
	timeout 900 "$ASSAY" run "$@" --format json --output "$SCRATCH/$name-b.json" "$second" 2>"$SCRATCH/err-b"
	b=$?
	wait $!
	is "$name: both end well" "$? $b" "0 0"
	is "$name: nothing half-written" "$(cd "$ASSAY_STATE_DIR" && find building commits engines -mindepth 1)" ""
}

cat >"$SCRATCH/small.md" <<'REPLY'
```json title="package.json"
{"name": "small", "version": "1.0.0", "scripts": {"test": "node --test"}, "dependencies": {"ms": "2.1.3"}}
```

```js title="small.test.js"
const test = require('node:test');
const assert = require('node:assert');
test('a day', () => assert.strictEqual(require('ms')('1d'), 86400000));
```
REPLY
both layer "$SCRATCH/small.md" "$SCRATCH/small.md"
is "layer: both saw the package" "$(json "$SCRATCH/layer-a.json" verdict) $(json "$SCRATCH/layer-b.json" verdict)" "passed passed"
"$ASSAY" run --format json "$SCRATCH/small.md" >"$SCRATCH/after.json"
is "layer: whoever comes next installs nothing" "$(json "$SCRATCH/after.json" commands | grep -c '"install"')" 0
is "layer: and passes" "$(json "$SCRATCH/after.json" verdict)" passed

# Each writes its own 400 files and one that both write: that one is of either, the others are all there.
for side in a b; do
	printf '```bash\nmkdir -p %s\nfor i in $(seq 400); do echo %s >%s/$i; done\nseq -f %s%%g 2000 >shared\n```\n' \
		$side $side $side $side >"$SCRATCH/$side.md"
done
mkdir "$SCRATCH/project"
for round in 1 2 3; do
	rm -rf "$SCRATCH/project"/*
	both "workspace, round $round" "$SCRATCH/a.md" "$SCRATCH/b.md" --workspace "$SCRATCH/project"
	is "workspace, round $round: each file of both" "$(cat "$SCRATCH"/project/[ab]/* | sort | uniq -c | tr -s ' \n' ' ')" " 400 a 400 b "
	is "workspace, round $round: the file of both is of one of them" \
		"$(wc -l <"$SCRATCH/project/shared") $(sed 's/[0-9]*//g' "$SCRATCH/project/shared" | uniq | wc -l)" "2000 1"
	is "workspace, round $round: no temporary file" "$(find "$SCRATCH/project" -name '.assay*')" ""
done
# A history of both is kept.
is "history is whole" "$("$ASSAY" run --workspace "$SCRATCH/project" --format json "$SCRATCH/a.md" |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["verdict"])')" passed
finish
