#!/bin/sh
# In the guest, in place of an init: runs the tests, TAP on the second serial line, and switches off. One test for
# each file and place; what a file said comes as comments when it failed. ONLY, a pattern, chooses among them.
exec </dev/null >/dev/ttyS1 2>&1
stty raw </dev/ttyS1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CMOCKA_MESSAGE_OUTPUT=TAP
export ASSAY="/mnt/$BUILD/assay"
cd /mnt || busybox poweroff -f
number=0

# check NAME COMMAND...
check() {
	name=$1
	shift
	echo "$name" | grep -q -e "$ONLY" || return
	number=$((number + 1))
	start=$(cut -d. -f1 /proc/uptime)
	timeout -k 5 900 "$@" >/tmp/log 2>&1
	status=$?
	[ $status = 0 ] || printf 'not '
	echo "ok $number - $name: $(grep -c '^ok' /tmp/log) passed, $(grep -c '^not ok' /tmp/log) failed," \
		"$(($(cut -d. -f1 /proc/uptime) - start)) s"
	[ $status = 0 ] || sed 's/^/# /' /tmp/log
}

echo "# $(uname -srv)"
for place in root root-session root-unit user-unit user-slice user; do
	check "cgroup.t $place" sh tests/vm/cgroup.t $place
done
for file in "$BUILD"/tests/test_namespace_* "$BUILD"/tests/test_revisions_* "$BUILD"/tests/test_tools_attack; do
	[ -x "$file" ] && check "${file##*/}" "$file"
done
for file in kill plain_user serve serve_kill; do
	check "e2e/$file.t" sh tests/e2e/$file.t
done
echo "1..$number"
busybox poweroff -f
