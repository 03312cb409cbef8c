#!/bin/sh
# Hostile input and an unlucky host: each ends in one sentence, a documented exit status, and no trace.
. tests/e2e/lib.sh

umask 022 # what plain users are to read
python=$(python3 -c 'import sys; print(sys.executable)')
here=$PWD
export TMPDIR="$SCRATCH/tmp"
mkdir "$TMPDIR" "$SCRATCH/in"
cd "$SCRATCH/in" || exit 1
# An engine's own toolchain records are no trace.
printf '```bash\necho hello\n```\n' >echo.md
"$ASSAY" run echo.md >/dev/null

# What was said: on standard error, else as the reason of a JSON report.
sentence() {
	if [ -s err ]; then cat err; else json out reason; fi
}

one_sentence() {
	sentence >said
	cat said
	[ "$(wc -l <said)" = 1 ] && [ "$(wc -c <said)" -gt 10 ] && [ "$(wc -c <said)" -lt 420 ] && ! grep -q '^absent$' said &&
		! grep -qE '(^|[ :])([a-z]+): \2:' said
}

# attack NAME STATUS PATTERN COMMAND...: the pattern is what the sentence must say.
attack() {
	name=$1 status=$2 pattern=$3
	shift 3
	"$python" "$here/tests/e2e/traces.py" 300 "$SCRATCH/left" "$@" >out 2>err
	is "$name: exit status" "$?" "$status"
	[ -z "$pattern" ] || ok "$name: one sentence" one_sentence
	[ -z "$pattern" ] || ok "$name: says $pattern" grep -qE -- "$pattern" said
	is "$name: nothing is left" "$(cat "$SCRATCH/left")" ""
}

# ---- the text ----
"$python" - <<'PYTHON'
def block(name, code="print(1)"):
    return f'```python title="{name}"\n{code}\n```\n\n'

def write(name, text):
    open(name, "wb").write(text if isinstance(text, bytes) else text.encode())

write("latin.md", b"```python title=\"caf\xe9.py\"\nprint('\xff\xfe\xe9')\n```\n\xc3\x28\n")
write("nul.md", b"\0\0\n```python\nprint('a\0b')\n```\n\0\0\n")
line = b"words that a model wrote, and no fence " * 12 + b"\n"
write("text-64.md", line * ((64 << 20) // len(line)))
write("text-65.md", line * ((65 << 20) // len(line)))
write("short-lines.md", b"words \n" * ((64 << 20) // 7))
write("blocks-10000.md", "```python\nx = 1\n```\n\n" * 10000)
write("blocks-10001.md", "```python\nx = 1\n```\n\n" * 10001)
write("open-fences.md", "```python\n~~~\n" * 100000)
write("quotes.md", "> " * 50000 + "```python\nprint(1)\n```\n")
write("line-8.md", "```python\nx = '" + "a" * ((8 << 20) - 10) + "'\n```\n")
write("line-9.md", "```python\nx = '" + "a" * (9 << 20) + "'\n```\n")
write("info.md", "```python title=\"" + "../" * 30000 + "\" \x1b]0;owned\x07 {%s}\n" % ("a=" * 5000)
      + "print(1)\n```\n")
write("info-shell.md", "```python title=\"$(touch owned).py;touch owned\" `touch owned`\nprint(1)\n```\n")
write("climb.md", block("../../evil.py"))
write("climb-inside.md", block("a/../../evil.py"))
write("absolute.md", block("/etc/evil.py"))
write("home.md", block("~/evil.py"))
write("hooks.md", block(".git/hooks/evil.py"))
write("hidden.md", block("a\u202ey.py"))
write("twice.md", block("a.py") + block("./a.py", "print(2)"))
write("under.md", block("a.py") + block("a.py/b.py"))
write("rubbish", bytes((i * 7919 + (i >> 8) * 31) % 256 for i in range(1 << 20)))
write("empty.md", "")
PYTHON
attack "not UTF-8" 0 "" "$ASSAY" run --format json latin.md
ok "not UTF-8: the report is" "$python" -c 'import json; json.load(open("out", encoding="utf-8"))'
attack "NUL bytes" 0 "" "$ASSAY" run --format json nul.md
attack "64 MiB of text" 3 "no fenced code block" "$ASSAY" run --format json text-64.md
attack "64 MiB of short lines" 3 "too many lines and marks" "$ASSAY" run --format json short-lines.md
attack "65 MiB of text" 3 "larger than 64 MiB" "$ASSAY" run --format json text-65.md
attack "65 MiB of text, checked" 3 "larger than 64 MiB" "$ASSAY" check text-65.md
attack "65 MiB of text, extracted" 3 "larger than 64 MiB" "$ASSAY" extract text-65.md
attack "65 MiB from a pipe" 3 "larger than 64 MiB" sh -c 'cat text-65.md | "$0" run --format json' "$ASSAY"
attack "endless text" 3 "larger than 64 MiB" "$ASSAY" run --format json /dev/zero
attack "10,000 blocks" 0 "" "$ASSAY" run --format json blocks-10000.md
attack "10,001 blocks" 3 "more than 10000 code blocks" "$ASSAY" run --format json blocks-10001.md
attack "10,001 blocks, extracted" 3 "more than 10000 code blocks" "$ASSAY" extract blocks-10001.md
attack "100,000 fences in one another" 0 "" "$ASSAY" extract open-fences.md
attack "50,000 quotes in one another" 0 "" "$ASSAY" extract quotes.md
attack "one line of 8 MiB" 0 "" "$ASSAY" run --format json line-8.md
attack "one line of 9 MiB" 3 "the limit is 8388608" "$ASSAY" run --format json line-9.md
attack "hostile info string" 0 "" "$ASSAY" run --format json info.md
ok "hostile info string: no escapes in the report" sh -c '! grep -q "$(printf "\033")" out'
attack "shell in an info string" 3 "cannot be used" "$ASSAY" run --format json info-shell.md
ok "shell in an info string: did not run" test ! -e owned
attack "a name that climbs" 3 "climbs out" "$ASSAY" run --format json climb.md
attack "a name that climbs further in" 3 "climbs out" "$ASSAY" run --format json climb-inside.md
attack "an absolute name" 3 "absolute" "$ASSAY" run --format json absolute.md
attack "a name at home" 3 "home folder" "$ASSAY" run --format json home.md
attack "a git hook" 3 "in .git" "$ASSAY" run --format json hooks.md
attack "a name that reads backwards" 3 "invisible" "$ASSAY" run --format json hidden.md
attack "two blocks of one name" 3 "the same file as in the block at line 1" "$ASSAY" run --format json twice.md
attack "a file below a file" 3 "folder of the same name" "$ASSAY" run --format json under.md
attack "nothing" 3 "no fenced code block" "$ASSAY" run --format json empty.md
attack "nothing, checked" 3 "no fenced code block" "$ASSAY" check empty.md
attack "nothing, extracted" 0 "" "$ASSAY" extract empty.md
attack "nothing to report" 4 "input is empty" "$ASSAY" report empty.md
attack "rubbish" 3 "no fenced code block" "$ASSAY" run --format json rubbish
attack "rubbish to report" 4 "no test output that is known" "$ASSAY" report rubbish
attack "a folder" 4 "Is a directory" "$ASSAY" run --format json .

# ---- settings ----
mkdir -p share/templates/broken share/templates/odd
printf '{\n"language": "python",\n"version": ,\n}\n' >share/templates/broken/template.json
printf '{\n"language": "python",\n"verzion": "3"\n}\n' >share/templates/odd/template.json
printf '{"rules": [\n{"id": "x", "frob": 1}]}\n' >odd.json
printf '{"rules": [\n\n{"id": "x", "languages": ["python"], "severity": "low", "action": "warn",
"where": "any", "pattern": "(", "message": "m", "remedy": "r",
"examples": {"hit": ["a"], "miss": ["b"]}}]}\n' >pattern.json
printf '{"rules": [\n{"id": ]}\n' >broken.json
printf '{\n"state_dir": 7}\n' >config.json
attack "unknown environment" 2 '"nope" is not known; choose one of: bash' "$ASSAY" run --env nope echo.md
attack "unknown environment, checked" 2 '"nope" is not known' "$ASSAY" check --env nope echo.md
attack "an environment that climbs" 2 'is not known' "$ASSAY" run --env ../broken echo.md
attack "a limit that nothing can live within" 2 'is too little: give 1M or more' "$ASSAY" run --memory 1 echo.md
attack "a sandbox that is not there" 4 "no sandbox backend" env ASSAY_SANDBOX=moon "$ASSAY" run echo.md
ok "a sandbox that is not there: what to do" grep -q '^next .*assay doctor' out
attack "rules that are not there" 4 "No such file" "$ASSAY" run --rules none.json echo.md
ok "rules that are not there: what to do" grep -q '^next .*the first line names' out
attack "no time for anything" 1 "" "$ASSAY" run --deadline 1ms echo.md
ok "no time for anything: what to do" grep -q '^next .*--deadline' out
attack "an unknown sandbox" 4 '"moon".*choose one of: .*namespace' env ASSAY_SANDBOX=moon "$ASSAY" run --format json echo.md
attack "a template that is no JSON" 4 'broken/template.json:3:[0-9]+: not valid JSON' \
	env ASSAY_SHARE="$PWD/share" "$ASSAY" run --env broken --format json echo.md
attack "a template with an unknown field" 4 'odd/template.json:3: "verzion"' \
	env ASSAY_SHARE="$PWD/share" "$ASSAY" run --env odd --format json echo.md
attack "rules that are no JSON" 4 'broken.json:2:[0-9]+: not valid JSON' "$ASSAY" run --rules broken.json --format json echo.md
attack "a rule with an unknown field" 4 'odd.json:2: rule "x": unknown field "frob"' "$ASSAY" run --rules odd.json --format json echo.md
attack "a rule whose pattern is broken" 4 'pattern.json:3: rule "x": pattern: at offset' "$ASSAY" check --rules pattern.json echo.md
attack "no such rules" 4 'none.json: No such file' "$ASSAY" run --rules none.json --format json echo.md
attack "a configuration with a mistake" 4 'config.json:2: state_dir must be a string' \
	env ASSAY_CONFIG="$PWD/config.json" "$ASSAY" run --format json echo.md

# ---- toolchains ----
mkdir bin
printf '```go\npackage main\nfunc main() {}\n```\n' >go.md
attack "no toolchain" 4 'needs go on the PATH; install it with' env PATH="$PWD/bin" "$ASSAY" run --format json go.md
printf '#!/nonexistent\n' >bin/go
chmod +x bin/go
attack "a toolchain that cannot start" 4 'go' env PATH="$PWD/bin" "$ASSAY" run --format json go.md
printf '#!/bin/sh\nsleep 98764\n' >bin/go
attack "a toolchain that hangs" 4 'go' env PATH="$PWD/bin:/usr/bin:/bin" "$ASSAY" run --format json go.md

# ---- the workspace ----
mkdir taken hollow
mkdir taken/main.sh
ln -s /etc hollow/main.sh
ln -s nowhere dangling
tree=$(find taken hollow dangling -printf '%p %m %l\n' | sort)
attack "a workspace that is a file" 2 'is not a folder' "$ASSAY" run --workspace echo.md echo.md
attack "a workspace that leads nowhere" 2 'leads nowhere' "$ASSAY" run --workspace dangling echo.md
attack "a workspace in no folder" 2 'there is no folder' "$ASSAY" run --workspace no/such echo.md
attack "the whole system as workspace" 2 'name a folder in it' "$ASSAY" run --workspace / echo.md
attack "a file's name taken by a folder" 4 'main.sh' "$ASSAY" run --workspace taken --format json echo.md
attack "a file's name taken by a link out" 4 'symbolic link' "$ASSAY" run --workspace hollow --format json echo.md
is "the workspaces are as they were" "$(find taken hollow dangling -printf '%p %m %l\n' | sort)" "$tree"

# ---- the reader and the writer ----
attack "report into no folder" 4 'no/such' "$ASSAY" run --output no/such echo.md
attack "report onto a folder" 4 'is a folder' "$ASSAY" run --output taken echo.md
attack "a full standard output" 4 'No space left' sh -c '"$0" run --format json echo.md >/dev/full' "$ASSAY"
attack "a full standard output, extracted" 4 'No space left' sh -c '"$0" extract echo.md >/dev/full' "$ASSAY"
attack "a standard output that is closed" 0 "" sh -c '"$0" run echo.md >&-' "$ASSAY"
attack "a reader that left" 0 "" sh -c '("$0" run echo.md; echo $? >status) | true; exit $(cat status)' "$ASSAY"
attack "a standard input that is closed" 3 "no fenced code block" sh -c '"$0" run --format json <&-' "$ASSAY"
attack "every stream closed" 0 "" sh -c '"$0" run echo.md <&- >&- 2>&-' "$ASSAY"
# What is not ours to use, but was given: it must reach no command.
printf '```bash\nfor fd in /proc/self/fd/*; do case $fd in */[012]|*/255|*/3) ;; *) readlink "$fd" && exit 1;; esac; done; true\n```\n' >fds.md
attack "inherited descriptors" 0 "" sh -c '"$0" run --format json fds.md 7<odd.json 9<odd.json' "$ASSAY"

if [ "$(id -u)" != 0 ]; then
	ok "disks that are full or read-only # SKIP needs root to mount them" true
	ok "a host without namespaces # SKIP needs root to forbid them" true
	finish
	exit
fi

# ---- disks, in a mount namespace of their own ----
cat >disks.sh <<'SHELL'
mount -t tmpfs -o size=256k tmpfs "$SCRATCH/in/full" && mount -t tmpfs tmpfs "$SCRATCH/in/ro" || exit 99
mkdir "$SCRATCH/in/full/work" "$SCRATCH/in/ro/work"
echo mine >"$SCRATCH/in/full/work/mine"
echo mine >"$SCRATCH/in/ro/work/mine"
echo kept >"$SCRATCH/in/full/report"
mount -o remount,ro "$SCRATCH/in/ro"
dd if=/dev/zero of="$SCRATCH/in/full/rest" bs=1k 2>/dev/null
"$@"
status=$?
find "$SCRATCH/in/full" "$SCRATCH/in/ro" ! -path '*/state/*' ! -name state | sort >"$SCRATCH/in/after"
cat "$SCRATCH/in/full/work/mine" "$SCRATCH/in/full/report" >>"$SCRATCH/in/after"
exit $status
SHELL
mkdir full ro
export SCRATCH
cat >expected <<END
$SCRATCH/in/full
$SCRATCH/in/full/report
$SCRATCH/in/full/rest
$SCRATCH/in/full/work
$SCRATCH/in/full/work/mine
$SCRATCH/in/ro
$SCRATCH/in/ro/work
$SCRATCH/in/ro/work/mine
mine
kept
END
disk() {
	attack "$1" 4 "$2" unshare -m sh disks.sh "$ASSAY" run --format json "$3" "$4" echo.md
	is "$1: all is as it was" "$(cat after)" "$(cat expected)"
}
# Of a workspace that will take nothing it is said before anything has run.
ran_nothing() {
	is "$1: nothing ran" "$(json out phase) $(json out commands)" "plan []"
}
disk "a read-only workspace" 'Read-only file system' --workspace ro/work
ran_nothing "a read-only workspace"
disk "a new workspace on a read-only disk" 'Read-only file system' --workspace ro/new
ran_nothing "a new workspace on a read-only disk"
disk "a full workspace" 'No space left' --workspace full/work
ran_nothing "a full workspace"
disk "a new workspace on a full disk" 'No space left' --workspace full/new
ran_nothing "a new workspace on a full disk"
disk "a report onto a read-only disk" 'Read-only file system' --output ro/report
disk "a report onto a full disk" 'No space left' --output full/report
disk "events onto a full disk" 'No space left' --events /dev/full
ASSAY_STATE_DIR=$SCRATCH/in/ro/state disk "state on a read-only disk" 'Read-only file system' --colour never
ASSAY_STATE_DIR=$SCRATCH/in/full/state disk "state on a full disk" 'No space left' --colour never

# ---- a host that forbids ----
cat >forbid.sh <<'SHELL'
for kind in user mnt net pid; do echo 0 >/proc/sys/user/max_${kind}_namespaces; done && exec "$@"
SHELL
attack "no namespaces" 4 'allows no more namespaces' unshare -Ur sh forbid.sh "$ASSAY" run --format json echo.md
attack "root of a user namespace only" 0 "" unshare -Ur "$ASSAY" run --format json echo.md
attack "no open files" 4 'ulimit' prlimit --nofile=5 "$ASSAY" run echo.md
attack "few open files" 4 'Too many open files' prlimit --nofile=14 "$ASSAY" run --format json echo.md
attack "no memory" 4 'ulimit' prlimit --as=30000000 "$ASSAY" run echo.md
# A user of this test alone, who need not see where the binary lies.
user=$((40000 + $$ % 10000))
chmod 755 "$SCRATCH" .
cp "$ASSAY" assay
mkdir -m 777 plain
ASSAY_STATE_DIR=$PWD/plain/state
for count in 1 2 3 4 5 6 7; do
	attack "a plain user with $count processes" 4 'ulimit|temporarily unavailable' prlimit --nproc=$count \
		setpriv --reuid=$user --regid=$user --clear-groups ./assay run --format json echo.md
done
mkdir -m 555 plain/fixed && mkdir -m 000 plain/shut && mkdir plain/roots && chown $user plain/fixed plain/shut
for name in fixed shut shut/new roots roots/new; do
	attack "a workspace that may not be used: $name" 4 'Permission denied' \
		setpriv --reuid=$user --regid=$user --clear-groups ./assay run --workspace "plain/$name" --format json echo.md
done
mkdir -p plain/mixed/src && chown $user plain/mixed
printf '```bash title="src/main.sh"\necho hello\n```\n' >src.md
attack "a folder in the workspace that may not be written" 4 'cannot write to src in the workspace .*Permission denied' \
	setpriv --reuid=$user --regid=$user --clear-groups ./assay run --workspace plain/mixed --format json src.md
ran_nothing "a folder in the workspace that may not be written"
is "a workspace that takes nothing can be checked" \
	"$(setpriv --reuid=$user --regid=$user --clear-groups ./assay check --workspace plain/mixed src.md | grep -o '"verdict": *"ok"' | tr -d ' ')" '"verdict":"ok"'
is "the workspaces are still empty" "$(find plain/fixed plain/shut plain/roots -mindepth 1)" ""
attack "a plain user with a lower limit than ours" 0 "" prlimit --nproc=60 --nofile=200 \
	setpriv --reuid=$user --regid=$user --clear-groups ./assay run --format json echo.md
finish
