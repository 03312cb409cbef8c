#!/bin/sh
# Answers that come later, the same answer twice, clients that leave, and a service that is full.
. tests/e2e/serve_lib.sh
serve --running 1 --waiting 1

# phase ID: how an execution stands.
phase() {
	ask GET "/executions/$1"
	answer status
}
until_running() { eventually stands running "$1"; }

# ---- 202 ----
send POST /execute '{"commands":["echo done"]}' -H 'Prefer: respond-async'
is "respond-async: 202" "$status" 202
is "accepted" "$(answer status)" accepted
id=$(answer id)
is "its place" "$(header Location)" "/executions/$id"
await "$id"
is "polled to its end" "$(answer report commands 0 stdout text)" "done"
send POST /execute '{"commands":["true"],"async":true}'
is "async: 202" "$status" 202
await "$(answer id)"

# ---- the same key ----
send POST /execute '{"commands":["date +%N"]}' -H 'Idempotency-Key: one'
first=$(answer id)
output=$(answer commands 0 stdout text)
send POST /execute '{"commands":["date +%N"]}' -H 'Idempotency-Key: one'
is "the same key: the same execution" "$(answer id)" "$first"
is "the same output" "$(answer commands 0 stdout text)" "$output"
is "and it says so" "$(header Idempotent-Replayed)" true
send POST /execute '{"commands":["date"]}' -H 'Idempotency-Key: one'
is "for another request: refused" "$status" 409
is "says why" "$(answer error code)" key_reused
send POST /execute '{"commands":["date +%N"]}' -H 'Idempotency-Key: one' -H 'X-Tenant-ID: other'
ok "another tenant's key is another" test "$(answer id)" != "$first"
send POST /execute '{"commands":["date +%N"]}' -H 'Idempotency-Key: one' -H 'Accept: text/event-stream'
ok "as events, too" grep -q "^data: .*\"id\":\"$first\"" "$SCRATCH/answer"

# ---- it is full ----
send POST /execute '{"commands":["sleep 600"],"async":true}'
running=$(answer id)
until_running "$running"
send POST /execute '{"commands":["echo waited"],"async":true}'
waiting=$(answer id)
is "the second waits" "$(phase "$waiting")" waiting
send POST /execute '{"commands":["true"]}'
is "the third is refused" "$status" 429
is "as busy" "$(answer error code)" busy
ok "and told when to come again" test "$(header Retry-After)" -ge 1
ask GET "/executions/$running/report"
is "no report yet" "$status" 409
curl -sN "$URL/executions/$waiting/events" >"$SCRATCH/followed" &
follower=$!
ask POST "/executions/$running/cancel"
is "cancelled" "$status" 202
await "$running"
is "the verdict says so" "$(answer verdict)" cancelled
await "$waiting"
is "the second had its turn" "$(answer verdict)" passed
wait "$follower"
ok "whoever followed it saw the report" grep -q '^event: report$' "$SCRATCH/followed"

# ---- clients that leave ----
# The newest execution is another one than before, and has its turn or had it.
has_come() {
	ask GET "/executions?limit=1"
	[ "$(answer executions 0 id)" != "$before" ] && [ "$(answer executions 0 status)" != waiting ]
}
# leave ID-FILE CURL-ARGUMENT...: starts a request, waits until it runs, and goes away.
leave() {
	ask GET "/executions?limit=1"
	before=$(answer executions 0 id)
	curl -s -H 'Content-Type: application/json' "$@" "$URL/execute" >/dev/null &
	client=$!
	eventually has_come
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
	await "$(answer executions 0 id)"
}
leave -d '{"commands":["sleep 600; echo slept"]}'
is "who leaves cancels" "$(answer verdict)" cancelled
leave -d '{"commands":["sleep 3; echo slept"],"on_disconnect":"continue"}'
is "unless told otherwise" "$(answer verdict)" passed
leave -d '{"commands":["sleep 3; echo slept"]}' -H 'Idempotency-Key: kept'
is "or to be asked for by its key" "$(answer verdict)" passed
leave -d '{"commands":["sleep 600; echo slept"]}' -H 'Accept: text/event-stream' -N
is "a stream is left likewise" "$(answer verdict)" cancelled

# ---- the end ----
send POST /execute '{"commands":["sleep 1; echo drained"],"async":true}'
last=$(answer id)
until_running "$last"
serve_stop
is "SIGTERM waits and ends with 0" "$stopped" 0
serve
ask GET "/executions/$last"
is "what ran was brought to its end" "$(answer report commands 0 stdout text)" drained
send POST /execute '{"commands":["sleep 600"],"async":true}'
last=$(answer id)
until_running "$last"
serve_drain
serve_stop
is "a second signal ends it at once, with 0" "$stopped" 0
serve
ask GET "/executions/$last"
is "and what ran is cancelled" "$(answer verdict)" cancelled
serve_stop
finish
