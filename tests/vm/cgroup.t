#!/bin/sh
# cgroup.t PLACE: limits, and what is left of them, with the engine in one place of a hierarchy of cgroup v2:
#
#   root          root, where nothing was made yet
#   root-session  root, beside other processes
#   root-unit     root's service, alone in its group
#   user-unit     a plain user's service, alone in a delegated group
#   user-slice    a plain user beside others, below a delegated group
#   user          a plain user, nothing delegated
#
# As root in a machine where nothing else uses control groups: guest.sh starts it.
place=$1
. tests/e2e/serve_lib.sh

# ---- the place ----

top=/sys/fs/cgroup
slice=$top/$place.slice # where groups of a shared place must appear
unit=$slice/own # where the engine starts
user=
case $place in
root) slice=$top unit=$top expected=$top ;;
*-unit) expected=$unit ;;
user) expected= ;;
*) expected=$slice ;;
esac
case $place in user*) user="setpriv --reuid=4242 --regid=4242 --clear-groups" ;; esac

# Only these: the others are limits that the user is under (cgroup-v2.rst, "Model of Delegation").
delegate() { chown 4242:4242 "$1" "$1/cgroup.procs" "$1/cgroup.threads" "$1/cgroup.subtree_control"; }

make_place() {
	[ "$place" = root ] && return
	echo '+memory +pids +cpu' >$top/cgroup.subtree_control
	mkdir -p "$unit"
	case $place in
	*-unit) echo '+memory +pids +cpu' >"$slice/cgroup.subtree_control" ;;
	*) sleep 100000 & other=$! && echo $other >"$unit/cgroup.procs" ;;
	esac
	case $place in
	user-unit) delegate "$unit" ;;
	user-slice) delegate "$slice" && delegate "$unit" ;;
	esac
}

# What systemd does with a service's group.
remove_place() {
	[ "$place" = root ] && return
	[ -z "$other" ] || kill "$other"
	for _ in $(seq 100); do
		find "$slice" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
		rmdir "$slice" 2>/dev/null && return
		sleep 0.1
	done
}

other=
make_place
trap 'serve_kill; remove_place; rm -rf "$SCRATCH"' EXIT
binary=$ASSAY
ASSAY=$SCRATCH/engine
chmod 755 "$SCRATCH"
cat >"$ASSAY" <<END
#!/bin/sh
echo \$\$ >$unit/cgroup.procs || exit 99
exec $user "$binary" "\$@"
END
chmod 755 "$ASSAY"
mkdir "$SCRATCH/home" "$ASSAY_STATE_DIR"
[ -z "$user" ] || chown 4242:4242 "$SCRATCH/home" "$ASSAY_STATE_DIR"
export HOME="$SCRATCH/home"

# ---- what is asked ----

version=v2
[ -n "$expected" ] || version=none
groups() { find $top -type d -name 'assay*' | sort; }

# run OPTION...: the program on standard input, with a Python around it; report in $SCRATCH/report.
run() { (echo '```python' && cat && echo '```') | "$ASSAY" run --format json "$@" >"$SCRATCH/report"; }
report() { json "$SCRATCH/report" "$@"; }

"$ASSAY" doctor >"$SCRATCH/doctor" 2>&1
if [ $version = v2 ]; then
	ok "doctor: all controllers" grep -q 'cgroup v2: memory pids cpu$' "$SCRATCH/doctor"
else
	ok "doctor: what to do" grep -q 'systemd-run --user --scope -p Delegate=yes' "$SCRATCH/doctor"
fi

"$ASSAY" run --format json examples/replies/bash-program-passed.md >"$SCRATCH/report"
is "bash: verdict and control groups" "$(report verdict) $(report isolation cgroup)" "passed $version"
"$ASSAY" run --format json examples/replies/python-unittest-passed.md >"$SCRATCH/report"
is "python: verdict and control groups" "$(report verdict) $(report isolation cgroup)" "passed $version"

run --memory 64M <<'END'
import os
for i in range(4):
    os.fork()
hoard = []
while True:
    hoard.append(bytearray(1024 * 1024))
END
if [ $version = v2 ]; then
	is "memory of all processes together: verdict" "$(report verdict)" out_of_memory
	ok "memory: the peak is at the limit" test "$(report commands 0 peak_memory)" -le $((64 << 20))
	ok "memory: the peak is near the limit" test "$(report commands 0 peak_memory)" -ge $((60 << 20))
else
	ok "memory: it did not pass" test "$(report verdict)" != passed
fi

run --processes 20 <<'END'
import subprocess
count = 0
try:
    while count < 100:
        subprocess.Popen(["sleep", "1000"])
        count += 1
except OSError:
    print("started", count)
END
# Python is one of the 20; the weaker rlimit does not know which processes are the sandbox's own.
[ $version = none ] || is "processes: exactly so many" "$(report commands 0 stdout text)" "started 19"
ok "processes: they end" test "$(report commands 0 stdout text | cut -c 1-7)" = started

if [ $version = v2 ]; then
	run --cpus 0.5 <<'END'
import os, time
os.fork()
end = time.monotonic() + 3
while time.monotonic() < end:
    pass
END
	cpu=$(report commands 0 cpu_ms) wall=$(report commands 0 ms)
	ok "processors: half of one for two ($cpu of $wall ms)" \
		awk "BEGIN { exit !($cpu > 100 && $cpu < 0.6 * $wall + 100) }"
fi
is "nothing is left of all these" "$(groups)" ""

# ---- killed ----

printf '```bash\nsleep 4321\n```\n' | "$ASSAY" run >/dev/null 2>&1 &
engine=$!
for _ in $(seq 600); do
	pgrep -xf 'sleep 4321' >/dev/null && break
	sleep 0.1
done
is "groups are made in the right place" \
	"$(groups | grep -- '/assay-' | sed 's|/assay-[^/]*$||')" "$expected"
kill -9 $engine
wait $engine 2>/dev/null
for _ in $(seq 600); do
	pgrep -xf 'sleep 4321' >/dev/null || break
	sleep 0.1
done
is "killed: no process is left" "$(pgrep -xf 'sleep 4321')" ""
case $place in *-unit) remove_place && make_place ;; esac

# ---- the service, which also clears up after the dead ----

serve
ask POST /execute -H 'Content-Type: text/plain' --data-binary @examples/replies/python-unittest-passed.md
is "serve: verdict and control groups" "$(answer verdict) $(answer isolation cgroup)" "passed $version"
send POST /sandbox/create '{"environment":"python-3.11"}'
box=$(answer sandbox_id)
send POST "/sandbox/$box/execute" '{"commands":[
	"python3 -c \"bytearray(200 << 20)\"", "python3 -c \"bytearray(20 << 20)\"", "python3 -c \"bytearray(400 << 20)\""]}'
is "serve: commands" "$(answer verdict)" passed
ok "peaks are each command's own" test "$(answer commands 0 peak_memory)" -gt $((200 << 20)) -a \
	"$(answer commands 1 peak_memory)" -lt $((100 << 20)) -a "$(answer commands 2 peak_memory)" -gt $((400 << 20))
serve_stop
is "serve: its exit status" "$stopped" 0
is "nothing is left, of the killed one neither" "$(groups)" ""
finish
