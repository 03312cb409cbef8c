#!/bin/sh
# The processes that the service starts sandboxes with are stopped and killed: whoever waits has an answer, and the next
# execution runs.
. tests/e2e/serve_lib.sh

# children NAME: the process ids of the service's children that are called so.
children() {
	for pid in $(cat /proc/"$SERVER"/task/*/children); do
		[ "$(cat /proc/"$pid"/comm 2>/dev/null)" = "$1" ] && echo "$pid"
	done
}

has_stem() {
	stem=$(children assay-stem)
	[ -n "$stem" ]
}

runs() {
	send POST /execute '{"commands":["echo hello"]}'
	is "$1" "$status $(answer verdict)" "200 passed"
}

serve --running 2
eventually has_stem
kill -STOP "$stem"
runs "the stem hangs: an execution runs without it"
is "it was given up" "$(children assay-stem)" ""
runs "and so does the next"

send POST /execute '{"commands":["sleep 600"]}' -H 'Prefer: respond-async'
id=$(answer id)
ends_by_kill() { # one of an earlier execution may still be ending
	for pid in $(children assay-sandbox); do kill -9 "$pid" 2>/dev/null; done
	stands final "$id"
}
eventually ends_by_kill
is "the launcher is killed: its execution has an end" "$(answer status)" final
ok "which does not say that it passed" test "$(answer verdict)" != passed
runs "the next has a launcher of its own"
serve_stop
is "the service ends as ever" "$stopped" 0

serve
eventually has_stem
kill -9 "$stem"
runs "the stem is killed: an execution runs without it"
serve_stop
is "the service ends as ever" "$stopped" 0
finish
