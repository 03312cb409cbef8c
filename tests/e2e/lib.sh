# Shared by the end-to-end tests: TAP, a folder of their own, and the binary under test.
# Each sources it from the repository's root and ends with `finish`.

ASSAY=${ASSAY:-build/assay}
case $ASSAY in /*) ;; *) ASSAY=$PWD/$ASSAY ;; esac
# A folder for temporary files may be root's alone; some tests have plain users.
[ "$(id -u)" != 0 ] || setpriv --reuid=65534 --clear-groups test -x "${TMPDIR:-/tmp}" || export TMPDIR=/tmp
SCRATCH=$(mktemp -d)
ASSAY_STATE_DIR=${ASSAY_STATE_DIR:-$SCRATCH/state}
export ASSAY_STATE_DIR
trap 'rm -rf "$SCRATCH"' EXIT
number=0
failures=0

# ok DESCRIPTION COMMAND...: passes when the command does; its output is shown when it does not.
ok() {
	number=$((number + 1))
	description=$1
	shift
	if "$@" >"$SCRATCH/.check" 2>&1; then
		echo "ok $number - $description"
	else
		echo "not ok $number - $description"
		sed 's/^/# /' "$SCRATCH/.check"
		failures=$((failures + 1))
	fi
}

# is DESCRIPTION ACTUAL EXPECTED
is() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		printf '%s\n' "got:  $2" "want: $3" | sed 's/^/# /'
		failures=$((failures + 1))
	fi
}

# json FILE PATH...: the value at a path of keys and indices, as Python prints it; "absent" if none.
json() {
	python3 - "$@" <<'PYTHON'
import json, sys
try:
    with open(sys.argv[1]) as file:
        value = json.load(file)
    for key in sys.argv[2:]:
        value = value[int(key)] if isinstance(value, list) else value[key]
    print(json.dumps(value) if isinstance(value, (list, dict)) else value)
except (OSError, KeyError, IndexError, TypeError, ValueError):
    print("absent")
PYTHON
}

# eventually COMMAND...: repeats it until it succeeds. Only a failing test waits for all of the two minutes.
eventually() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 2400 ] || return 1
		sleep 0.05
	done
}

finish() {
	echo "1..$number"
	[ "$failures" = 0 ]
}
