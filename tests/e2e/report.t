#!/bin/sh
# assay report on every recorded output of a runner, its TAP and JUnit read by parsers that are not ours.
. tests/e2e/lib.sh

out=$SCRATCH/reports
mkdir "$out"
for golden in tests/data/parsers/*/*.json; do
	base=${golden%.json}
	input=
	for file in "$base".*; do
		case $file in *.json | *.rc) ;; *) input=$file ;; esac
	done
	[ -n "$input" ] || continue
	parser=$(basename "$(dirname "$golden")")
	name=$parser.$(basename "$base")
	set -- --from "$parser"
	if [ -f "$base.rc" ]; then
		status=$(tr -d '[:space:]' <"$base.rc")
		# Below zero: a signal, which a shell has no exit status for.
		[ "$status" -lt 0 ] || set -- "$@" --exit-code "$status"
	fi
	for format in json tap junit text; do
		"$ASSAY" report "$@" --to $format "$input" >"$out/$name.$format" 2>"$out/$name.err"
		echo $? >"$out/$name.$format.status"
	done
	cp "$golden" "$out/$name.golden"
done
number_of_cases=$(ls "$out" | grep -c '\.golden$')
ok "there are recorded outputs ($number_of_cases)" test "$number_of_cases" -gt 20

ok "the exit status is 0 exactly for what is green, in every format" python3 - "$out" <<'PYTHON'
import glob, json, sys
bad = 0
for path in sorted(glob.glob(sys.argv[1] + "/*.golden")):
    case = path[:-len(".golden")]
    golden = json.load(open(path))
    status = {f: int(open(f"{case}.{f}.status").read()) for f in ("json", "tap", "junit", "text")}
    if golden is None:
        want = {4}
    else:
        sums = golden["summary"]
        green = golden["complete"] and sums["tests"] and not sums["failed"] and not sums["errors"]
        want = {0} if green else {1}
    if set(status.values()) != want:
        print(case, status, "want", want)
        bad += 1
sys.exit(bad > 0)
PYTHON

ok "JSON is the golden result" sh -c '
	for golden in "$1"/*.golden; do
		[ "$(tr -d "[:space:]" <"$golden")" = null ] && continue
		cmp "$golden" "${golden%.golden}.json" || exit 1
	done' - "$out"

# TAP::Parser is what prove reads with: no parse error, red exactly when the status is.
ok "TAP is read by TAP::Parser" perl -MTAP::Parser -e '
	my $bad = 0;
	for my $path (glob "$ARGV[0]/*.tap") {
		open my $in, "<", "$path.status" or die; chomp(my $status = <$in>);
		next if $status == 4;
		open $in, "<", $path or die; local $/; my $text = <$in>;
		my $parser = TAP::Parser->new({ tap => $text });
		$parser->run;
		my @errors = $parser->parse_errors;
		my $red = $parser->failed ? 1 : 0;
		next if !@errors && $red == $status && $parser->tests_run;
		print "$path: status $status, red $red: @errors\n";
		$bad++;
	}
	exit($bad > 0);' "$out"

ok "JUnit is what the schemas of Ant and Jenkins allow, and counts right" \
	python3 tests/e2e/junit_schema.py "$out"

# An independent reader, from the registry; without one the check above has to do.
if python3 -m pip install --quiet --target "$SCRATCH/python" junitparser >"$SCRATCH/pip" 2>&1; then
	PYTHONPATH=$SCRATCH/python ok "JUnit is read by junitparser" python3 - "$out" <<'PYTHON'
import glob, sys
from junitparser import JUnitXml
bad = 0
for path in sorted(glob.glob(sys.argv[1] + "/*.junit")):
    status = int(open(path + ".status").read())
    if status == 4:
        continue
    suites = JUnitXml.fromfile(path)
    cases = [case for suite in suites for case in suite]
    red = any(result._tag in ("failure", "error") for case in cases for result in case.result)
    if not cases or red != bool(status):
        print(path, len(cases), red, status)
        bad += 1
sys.exit(bad > 0)
PYTHON
else
	number=$((number + 1))
	echo "ok $number - JUnit is read by junitparser # SKIP no package registry can be reached"
fi

# From a pipe, with the format found by itself.
printf 'TAP version 13\n1..2\nok 1 - a\nnot ok 2 - b\n' | "$ASSAY" report >"$SCRATCH/text"
is "from a pipe: exit status" "$?" 1
ok "from a pipe: names the failure" grep -q 'FAIL  b' "$SCRATCH/text"
ok "no colours in a pipe" sh -c '! grep -q "\[" "$1"' - "$SCRATCH/text"
printf 'hello\n' | "$ASSAY" report >"$SCRATCH/text" 2>"$SCRATCH/err"
is "nothing known in it: exit status" "$?" 4
printf 'TAP version 13\n1..1\nok 1 - a\n' | "$ASSAY" report --exit-code 3 >/dev/null
is "a runner's own exit status is believed" "$?" 1
finish
