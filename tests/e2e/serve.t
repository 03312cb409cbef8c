#!/bin/sh
# The service as README shows it: execute, stream, a sandbox with two attempts; what stays, what goes.
. tests/e2e/serve_lib.sh
serve

# 1. A reply as plain text.
ask POST /execute -H 'Content-Type: text/plain' --data-binary @examples/replies/python-unittest-passed.md
is "execute answers 200" "$status" 200
is "execute passes" "$(answer verdict)" passed
id=$(answer id)
cp "$SCRATCH/answer" "$SCRATCH/report"
ask GET "/executions/$id"
is "the execution is final" "$(answer status)" final
is "with its verdict" "$(answer verdict)" passed
is "and its report" "$(answer report id)" "$id"
ask GET "/executions/$id/report"
ok "the stored report is the answer, byte for byte" cmp "$SCRATCH/answer" "$SCRATCH/report"

ask POST '/execute?environment=nodejs-18&timeout=60&install=false&on_failure=rollback&agent_id=me' \
	-H 'Content-Type: text/plain; charset=utf-8' --data-binary "$(printf '```js\nconsole.log(1)\n```\n')"
is "options of a plain text stand in the query" "$(answer verdict) $(answer environment name)" "passed nodejs-18"
ask GET '/executions?agent_id=me'
is "its agent is known" "$(answer executions 0 agent_id)" me

# 2. The same as events.
curl -sN -H 'Accept: text/event-stream' -H 'Content-Type: text/plain' \
	--data-binary @examples/replies/python-unittest-passed.md "$URL/execute" >"$SCRATCH/events"
is "the first event is a stage" "$(head -n 1 "$SCRATCH/events")" "event: stage"
is "one verdict" "$(grep -c '^event: verdict$' "$SCRATCH/events")" 1
is "the last event is the report" "$(grep '^event:' "$SCRATCH/events" | tail -n 1)" "event: report"
sed -n 's/^data: //p' "$SCRATCH/events" | tail -n 1 >"$SCRATCH/last"
is "on one line, whole" "$(json "$SCRATCH/last" verdict)" passed
sed -n 's/^data: //p' "$SCRATCH/events" | grep '"seq"' | sed 's/.*"seq":\([0-9]*\).*/\1/' >"$SCRATCH/seq"
ok "seq counts without gaps" sh -c "seq \$(wc -l <'$SCRATCH/seq') | cmp - '$SCRATCH/seq'"

# 3. A sandbox: attempt 1 fails and leaves no trace, attempt 2 passes and says what was fixed.
send POST /sandbox/create '{"environment":"python-3.11","timeout":3600}'
is "create answers 201" "$status" 201
box=$(answer sandbox_id)
is "a new sandbox is idle" "$(answer status)" idle
ask POST "/sandbox/$box/execute" -H 'Content-Type: text/plain' --data-binary @examples/factorial/attempt-1.md
is "attempt 1 fails" "$(answer verdict)" tests_failed
is "and is rolled back" "$(answer workspace outcome)" rolled_back
ask POST "/sandbox/$box/execute" -H 'Content-Type: text/plain' --data-binary @examples/factorial/attempt-2.md
is "attempt 2 passes" "$(answer verdict)" passed
is "fixed: 1" "$(answer delta fixed)" '["test_factorial.py > test_negative_numbers_are_refused"]'
send POST "/sandbox/$box/execute" '{"commands":["python3 -c \"import factorial; print(factorial.factorial(5))\""]}'
is "a command finds what was committed" "$(answer commands 0 stdout text)" 120
ask GET "/sandbox/$box/status"
is "three executions" "$(answer executions)" 3
ask GET "/executions?sandbox_id=$box&verdict=passed&limit=1"
is "a page of the history" "$(answer executions | grep -o '"id"' | wc -l)" 1
before=$(answer next)
ask GET "/executions?sandbox_id=$box&verdict=passed&limit=1&before=$before"
ok "the next page is another one" test "$(answer executions 0 id)" != "$before"

# Snapshots, forks, and ways back.
send POST "/sandbox/$box/snapshots" '{"name":"good","description":"it works"}'
is "a snapshot answers 201" "$status" 201
send POST "/sandbox/$box/snapshots" '{"name":"good"}'
is "its name is taken" "$status" 409
send POST "/sandbox/$box/execute" '{"commands":["rm factorial.py; echo new > other"]}'
send POST "/sandbox/$box/fork" '{"snapshot":"good"}'
fork=$(answer sandbox_id)
send POST "/sandbox/$fork/execute" '{"commands":["ls"]}'
ok "the fork has what the snapshot had" sh -c "echo '$(answer commands 0 stdout text)' | grep -q factorial.py"
send POST "/sandbox/$box/rollback" '{"snapshot":"good"}'
is "rolled back and verified" "$(answer verified)" True
is "says what it reverted" "$(answer reverted)" '["factorial.py", "other"]'
send POST "/sandbox/$box/execute" '{"files":{"a.sh":"exit 1"},"commands":["sh a.sh"],"policy":{"on_failure":"keep"}}'
is "a failure can be kept" "$(answer workspace outcome)" kept
send POST "/sandbox/$box/rollback" '{"snapshot":"last-success"}'
is "back to the last success" "$(answer reverted | grep -o a.sh)" a.sh
ask DELETE "/sandbox/$box/snapshots/good"
is "a snapshot goes" "$status" 204
ask GET "/sandbox/$box/snapshots"
is "and is gone" "$(answer snapshots)" "[]"
ask DELETE "/sandbox/$box"
is "a sandbox goes" "$status" 200
ask GET "/sandbox/$box/status"
is "and is gone" "$status" 404
ask GET /sandboxes
is "the fork is left" "$(answer sandboxes 0 sandbox_id)" "$fork"

# Lists by page.
for n in 1 2 3 4; do send POST /sandbox/create '{"agent_id":"pager"}'; done
for n in 1 2 3; do send POST "/sandbox/$fork/snapshots" "{\"name\":\"s$n\"}"; done
# pages PATH KEY LABEL: the ids of all pages of two, and how many pages there were.
pages() {
	cursor=
	turned=0
	while ask GET "$1?limit=2$cursor"; [ "$status" = 200 ]; do
		turned=$((turned + 1))
		answer "$2" | python3 -c "import json, sys; [print(e['$3']) for e in json.load(sys.stdin)]"
		[ "$(answer next)" != None ] || break
		cursor="&after=$(answer next)"
	done
	echo "$turned pages"
}
# listed PATH KEY LABEL: the same from the plain list.
listed() {
	ask GET "$1"
	answer "$2" | python3 -c "import json, sys; [print(e['$3']) for e in json.load(sys.stdin)]"
}
for list in "/sandboxes sandboxes sandbox_id 3" "/api/llm/vm-pool/pager vms vm_id 2" \
	"/sandbox/$fork/snapshots snapshots snapshot_id 2"; do
	# shellcheck disable=SC2086
	set -- $list
	is "$2: the pages add up to the list" "$(pages "$1" "$2" "$3")" "$(listed "$1" "$2" "$3"; echo "$4 pages")"
done
is "the plain list has no next page" "$(ask GET /sandboxes; answer next)" None
ask GET "/sandboxes?after=none"
is "behind what is not there is nothing" "$status" 404
ask GET "/sandboxes?limit=0"
is "a page holds something" "$status" 400

# Whole outputs by piece.
send POST /execute '{"commands":["seq 1 200000"]}'
big=$(answer id)
ok "the report holds head and tail only" test "$(answer commands 0 stdout dropped)" -gt 0
: >"$SCRATCH/all"
offset=0
while [ "$offset" != None ]; do
	ask GET "/executions/$big/logs?command=0&stream=stdout&limit=500000&offset=$offset"
	python3 -c 'import json, sys; sys.stdout.write(json.load(sys.stdin)["logs"][0]["text"])' \
		<"$SCRATCH/answer" >>"$SCRATCH/all"
	offset=$(answer logs 0 next)
done
ok "the pieces of the log are all of it" sh -c "seq 1 200000 | cmp - '$SCRATCH/all'"

# It stops, and knows everything when it comes again.
serve_stop
is "SIGTERM ends it with 0" "$stopped" 0
serve
ask GET "/executions/$id/report"
ok "the report outlives the process" cmp "$SCRATCH/answer" "$SCRATCH/report"
ask GET "/sandbox/$fork/status"
is "the sandbox does, too" "$status" 200
send POST "/sandbox/$fork/execute" '{"commands":["ls"]}'
ok "with its files" sh -c "echo '$(answer commands 0 stdout text)' | grep -q factorial.py"
serve_stop
finish
