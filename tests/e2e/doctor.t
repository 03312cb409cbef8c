#!/bin/sh
# What assay doctor says of hosts that lack something: each lack with its remedy, under its own heading.
. tests/e2e/lib.sh

# A binary that needs no PATH to be found, on a host that has nothing else.
mkdir "$SCRATCH/bare" && : >"$SCRATCH/file"
doctor() { "$ASSAY" doctor --offline "$@" >"$SCRATCH/out" 2>&1; }
said() { grep -qE -- "$1" "$SCRATCH/out"; }
headings() { grep -E '^[a-z]+$' "$SCRATCH/out" | tr '\n' ' '; }
# Each lack is followed by its remedy, but for what was not tried, or is the sum of others.
bare_lacks() { awk '/^  (lacks|LACKS)/ { if (last) print last; last = $0; next } { last = "" } END { if (last) print last }' \
	"$SCRATCH/out" | grep -v 'not tried'; }

doctor
is "this host: no lack without a remedy" "$(bare_lacks)" ""
is "this host: each heading once" "$(headings | tr ' ' '\n' | sort | uniq -d)" ""

ASSAY_STATE_DIR=$SCRATCH/file/state doctor
is "no state folder: exit status" "$?" 4
ok "no state folder: the remedy" said '-> set ASSAY_STATE_DIR'
ok "no state folder: no sandbox is tried" said 'LACKS +namespace: not tried without a state folder'
is "no state folder: told once" "$(grep -c 'Not a directory' "$SCRATCH/out")" 1

PATH=$SCRATCH/bare doctor
is "no toolchain: exit status" "$?" 4
is "no toolchain: each says how to get it" \
	"$(grep -c -- '-> environment .* on the PATH; install it with: apt-get install' "$SCRATCH/out")" \
	"$(grep -c 'cannot run here' "$SCRATCH/out")"
ok "no toolchain: none at all" said 'LACKS +any toolchain'

ASSAY_SANDBOX=moon doctor
is "no such backend: exit status" "$?" 4
ok "no such backend: the remedy" said '-> set ASSAY_SANDBOX=namespace'

PATH=$SCRATCH/bare doctor --format json
ok "JSON: whole, and every member in its type" python3 - "$SCRATCH/out" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert set(report) == {"ok", "checks"} and report["ok"] is False
for check in report["checks"]:
    assert set(check) == {"group", "what", "ok", "required", "found", "remedy"}, check
    assert check["group"] in ("host", "sandbox", "environment", "registry"), check
    assert isinstance(check["ok"], bool) and isinstance(check["required"], bool), check
    assert not check["ok"] or check["remedy"] is None, check
PYTHON

# Namespaces of its own make a poorer host, where they may be made.
if unshare -r sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' 2>/dev/null; then
	unshare -r sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" doctor --offline' "$ASSAY" \
		>"$SCRATCH/out" 2>&1
	is "no namespaces: exit status" "$?" 4
	ok "no namespaces: the remedy" said '-> allow .*user.max_user_namespaces=10000'
	is "no namespaces: no other advice" "$(grep -c 'modprobe overlay' "$SCRATCH/out")" 0
fi
if unshare -m umount -l /proc 2>/dev/null; then
	unshare -m sh -c 'umount -l /proc && exec "$0" doctor --offline' "$ASSAY" >"$SCRATCH/out" 2>&1
	is "no /proc: exit status" "$?" 4
	ok "no /proc: the remedy" said 'mount -t proc proc /proc'
	is "no /proc: each heading once" "$(headings | tr ' ' '\n' | sort | uniq -d)" ""
fi
finish
