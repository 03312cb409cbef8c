#!/bin/sh
# assay report on what runners print of projects that are not ours: its counts are the runner's own.
. tests/e2e/lib.sh

mkdir "$SCRATCH/npm" "$SCRATCH/out"
cd "$SCRATCH/out" || exit 1

# counts LOG FROM: "passed failed skipped errors source complete" as assay read them, also through JUnit.
counts() {
	"$ASSAY" report --from "$2" --to json "$1" >report.json 2>err || [ $? = 1 ] || cat err
	"$ASSAY" report --from "$2" --to junit "$1" 2>err | "$ASSAY" report --from junit --to json >again.json 2>err
	for file in report.json again.json; do
		echo "$(for field in passed failed skipped errors; do json $file summary $field; done |
			tr '\n' ' ')$(json $file complete)"
	done | uniq
}

# ---- go ----
go mod download -json github.com/google/uuid@v1.6.0 >go.json 2>err
ok "a Go module is there" test -d "$(json go.json Dir)"
cp -r "$(json go.json Dir)" uuid
chmod -R u+w uuid
(cd uuid && go test -json ./...) >go.log 2>go.err
passed=$(grep -cE '"Action":"pass".*"Test":' go.log)
skipped=$(grep -cE '"Action":"skip".*"Test":' go.log)
is "go test -json, unchanged: as go counts" "$(counts go.log auto)" "$passed 0 $skipped 0 True"
"$ASSAY" report --to junit go.log >go.xml
is "go test -json to JUnit: exit status" "$?" 0
is "go test -json to JUnit: as many cases" "$(grep -c "<testcase" go.xml)" $((passed + skipped))
sed -i 's/func (uuid UUID) Version() Version {/&\n\tif true { return 9 }/' uuid/uuid.go
(cd uuid && go test -json ./...) >go.log 2>go.err
is "go test -json, broken on purpose: as go counts" "$(counts go.log auto)" \
	"$(grep -cE '"Action":"pass".*"Test":' go.log) $(grep -cE '"Action":"fail".*"Test":' go.log) $(grep -cE '"Action":"skip".*"Test":' go.log) 0 True"
ok "go test -json, broken on purpose: some failed" test "$(json report.json summary failed)" -gt 0
head -c $(($(wc -c <go.log) / 2)) go.log >half.log
counts half.log auto >half.counts
is "go test -json, cut in half: not whole" "$(json report.json complete)" False
ok "go test -json, cut in half: its JUnit is red" test "$(json again.json summary errors)" -gt 0

# ---- pytest ----
python3 -m venv venv && venv/bin/pip install -q --disable-pip-version-check pytest toolz==0.12.1 >pip.log 2>&1
toolz=$(venv/bin/python -c 'import os, toolz; print(os.path.dirname(toolz.__file__))')
ok "a Python project is there" test -d "$toolz/tests"
sed -i 's/^def pluck(.*/&\n    raise ValueError("broken")/' "$toolz/itertoolz.py"
(cd "$toolz" && "$SCRATCH/out/venv/bin/pytest" -p no:cacheprovider --junitxml "$SCRATCH/out/pytest.xml" tests) >pytest.log 2>&1
last=$(tail -n 1 pytest.log)
said() { echo "$last" | sed -n "s/.*[ =]\([0-9][0-9]*\) $1.*/\1/p" | grep . || echo 0; }
want="$(said passed) $(said failed) $(said skipped) 0 True"
ok "pytest: some failed" test "$(said failed)" -gt 0
is "pytest's text: as it counts" "$(counts pytest.log auto)" "$want"
is "pytest's text: read as text" "$(json report.json source)" text
is "pytest's JUnit: as it counts" "$(counts pytest.xml auto)" "$want"

# ---- jest and node, on one project whose tests both can run ----
npm install --silent --no-audit --no-fund --prefix "$SCRATCH/npm" mathjs@0.27.0 jest@29 >npm.log 2>&1
ok "a JavaScript project is there" test -d "$SCRATCH/npm/node_modules/mathjs/test/type"
cp -r "$SCRATCH/npm/node_modules/mathjs" "$SCRATCH/npm/project"
(cd "$SCRATCH/npm/project" && ../node_modules/.bin/jest --rootDir . --testMatch '**/test/type/*.test.js' \
	--json --outputFile "$SCRATCH/out/jest.json") >jest.log 2>&1
line=$(sed -n 's/^Tests: *//p' jest.log)
said() { echo "$line" | sed -n "s/\(.*, \)*\([0-9][0-9]*\) $1.*/\2/p" | grep . || echo 0; }
ok "jest: some passed, some failed" test "$(said passed)" -gt 50 -a "$(said failed)" -gt 0
broken=$(grep -c 'Test suite failed to run' jest.log)
want="$(said passed) $(said failed) $(said skipped) $broken True"
is "jest's JSON: as it counts, and a suite that cannot run is an error" "$(counts jest.json auto)" "$want"
is "jest's text: the same" "$(counts jest.log auto)" "$want"

cat >"$SCRATCH/npm/globals.js" <<'JS'
const test = require('node:test');
Object.assign(global, {describe: test.describe, it: test.it, before: test.before, beforeEach: test.beforeEach});
JS
for reporter in tap spec junit; do
	(cd "$SCRATCH/npm/project" && node --require ../globals.js --test --test-reporter $reporter \
		test/type/Complex.test.js test/type/Index.test.js test/type/Range.test.js test/type/Unit.test.js) >node.$reporter 2>&1
done
said() { sed -n "s/^[#ℹ] $1 \([0-9]*\)$/\1/p" node.$2; }
# A file that cannot be loaded is an error here and one more that failed to node.
for reporter in tap spec junit; do
	summary=$([ $reporter = junit ] && echo tap || echo $reporter)
	is "node's $reporter: as it counts" \
		"$(counts node.$reporter auto | awk '{print $1, $2 + $4, $3, $5}')" \
		"$(said pass $summary) $(said fail $summary) $(said skipped $summary) True"
done
finish
