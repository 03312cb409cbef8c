#!/bin/sh
# The factorial story as a plain user: a rollback byte for byte, a commit with the user's own files, and no trace.
. tests/e2e/lib.sh
. examples/mirror.sh

if [ "$(id -u)" = 0 ]; then
	uid=$((20000 + $$ % 10000))
	as_user() { $watched setpriv --reuid=$uid --regid=$uid --clear-groups env -i HOME="$home" PATH="$path" \
		ASSAY_PRIVATE_REGISTRIES="$ASSAY_PRIVATE_REGISTRIES" PIP_CONFIG_FILE="$pip" "$@"; }
else
	uid=$(id -u)
	as_user() { $watched env -i HOME="$home" PATH="$path" ASSAY_PRIVATE_REGISTRIES="$ASSAY_PRIVATE_REGISTRIES" "$@"; }
fi
# Outside of /tmp's sticky bit and of other people's homes; what root alone can read is of no use to this user.
home=$SCRATCH/home
path=/usr/bin:/bin
mkdir "$home" "$home/work"
chmod 755 "$SCRATCH"
# Root's own registry settings, where the user may know them.
pip=$SCRATCH/pip.conf
python3 -m pip config list 2>/dev/null | sed -n "s/^global\.\(.*\)='\(.*\)'$/\1 = \2/p" | { echo "[global]"; cat; } >"$pip"
traces=$PWD/tests/e2e/traces.py
mkdir "$SCRATCH/none"
cp "$ASSAY" "$home/assay"
cp examples/factorial/*.md "$home"
echo 'keep me' >"$home/work/notes.txt"
chmod 640 "$home/work/notes.txt"
ln -s notes.txt "$home/work/link"
# The folder's group is one that the user is not in: nothing can be given to it.
[ "$(id -u)" = 0 ] && chown -hR "$uid:$uid" "$home" && chgrp 0 "$home/work"
cd "$home" || exit 1
watched=
# What each run leaves is told in $SCRATCH/traces: this user may have other programs.
watch() {
	TMPDIR=$SCRATCH/none ASSAY_STATE_DIR=$home/.local/state/assay \
		python3 "$traces" 600 "$SCRATCH/left" "$@"
	set -- $?
	cat "$SCRATCH/left" >>"$SCRATCH/traces"
	return "$1"
}
assay() {
	watched=watch
	as_user "$home/assay" "$@"
	set -- $?
	watched=
	return "$1"
}
digest() { (cd work && { find . -printf '%p %M %U %G %s %T@ %l\n' | sort; find . -type f -print0 | sort -z |
	xargs -0 sha256sum; } | sha256sum); }

assay doctor >doctor 2>&1
ok "doctor: a run works here" grep -q '^assay run works here' doctor
if ! as_user python3 -c 'import venv, ensurepip' 2>/dev/null; then
	ok "the factorial story # SKIP /usr/bin/python3 has no venv (apt-get install python3-venv)" true
	finish
	exit
fi
before=$(digest)
assay run --workspace work --format json attempt-1.md >"$SCRATCH/1.json" 2>"$SCRATCH/err"
is "attempt 1: exit status" "$?" 1
is "attempt 1: verdict" "$(json "$SCRATCH/1.json" verdict)" tests_failed
is "attempt 1: what failed" "$(json "$SCRATCH/1.json" results summary failed)" 1
is "attempt 1: rolled back and verified" "$(json "$SCRATCH/1.json" workspace outcome) $(json "$SCRATCH/1.json" workspace verified)" "rolled_back True"
is "attempt 1: names, modes, owners, times, contents as before" "$(digest)" "$before"
assay run --workspace work --format json attempt-2.md >"$SCRATCH/2.json" 2>"$SCRATCH/err"
is "attempt 2: exit status" "$?" 0
is "attempt 2: verdict" "$(json "$SCRATCH/2.json" verdict)" passed
is "attempt 2: committed and verified" "$(json "$SCRATCH/2.json" workspace outcome) $(json "$SCRATCH/2.json" workspace verified)" "committed True"
is "attempt 2: the delta" "$(json "$SCRATCH/2.json" delta fixed)" '["test_factorial.py > test_negative_numbers_are_refused"]'
is "attempt 2: nothing was installed again" "$(json "$SCRATCH/2.json" commands | grep -c '"install"')" 0
is "attempt 2: every file is the user's" "$(find work ! -uid "$uid")" ""
is "attempt 2: these files" "$(cd work && find . -mindepth 1 | sort | tr '\n' ' ')" \
	"./factorial.py ./link ./notes.txt ./test_factorial.py "
is "what was there stayed" "$(stat -c '%a %s' work/notes.txt)" "640 8"
is "it ran as this user, unprivileged" "$(json "$SCRATCH/2.json" isolation uid) $(json "$SCRATCH/2.json" isolation seccomp)" "$uid True"

is "nothing unfinished" "$(find .local/state/assay/building .local/state/assay/commits .local/state/assay/engines -mindepth 1)" ""
is "no process, mount, group or half layer is left" "$(cat "$SCRATCH/traces")" ""
[ "$(id -u)" != 0 ] || is "none of this user at all" "$(ps -o pid=,stat=,args= -U "$uid")" ""
finish
