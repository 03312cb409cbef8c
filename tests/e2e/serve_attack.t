#!/bin/sh
# What hostile clients and tenants try: to fill the disk past their share, to keep the others waiting, to have the
# service ask where it should not, to look at what is others', to write into heads and streams.
. tests/e2e/serve_lib.sh
printf 'a secret that signs callbacks\n' >"$SCRATCH/secret"
chmod 600 "$SCRATCH/secret"
printf 'acme:acme-token-1\nevil:evil-token-1\n' >"$SCRATCH/tokens"
chmod 600 "$SCRATCH/tokens"
serve --callback-secret-file "$SCRATCH/secret" --token-file "$SCRATCH/tokens" --disk 300k --running 1
acme='Authorization: Bearer acme-token-1'
evil='Authorization: Bearer evil-token-1'

# ---- others' things ----
send POST /sandbox/create '{"agent_id":"a"}' -H "$acme"
box=$(answer sandbox_id)
send POST "/sandbox/$box/execute" '{"commands":["echo mine >mine"]}' -H "$acme" -H 'Idempotency-Key: one'
execution=$(answer id)
send POST "/sandbox/$box/snapshots" '{"name":"s"}' -H "$acme"
snapshot=$(answer snapshot_id)
send POST /sandbox/create '{}' -H "$evil"
own=$(answer sandbox_id)
while read -r method path body; do
	send "$method" "$path" "$body" -H "$evil"
	is "another's is not there: $method $path" "$status" 404
done <<PATHS
GET /sandbox/$box/status
GET /sandbox/$box/snapshots
POST /sandbox/$box/snapshots {}
DELETE /sandbox/$box/snapshots/$snapshot
DELETE /sandbox/$own/snapshots/$snapshot
POST /sandbox/$box/rollback {"snapshot":"s"}
POST /sandbox/$own/rollback {"snapshot":"$snapshot"}
POST /sandbox/$box/fork {}
POST /sandbox/$own/fork {"snapshot":"$snapshot"}
POST /sandbox/$box/execute {"commands":["cat mine"]}
POST /execute {"sandbox_id":"$box","commands":["cat mine"]}
POST /api/llm/execute {"agent_id":"a","vm_id":"$box","language":"bash","code":"cat mine"}
POST /sandbox/$box/tools/readFile {"path":"mine"}
POST /sandbox/$box/tools/writeFile {"path":"mine","content":""}
POST /sandbox/$box/tools/executeCommand {"command":"cat mine"}
GET /api/vms/$box/history
POST /api/vms/$box/snapshots {}
POST /api/vms/$own/rollback/$snapshot
GET /executions/$execution
GET /executions/$execution/report
GET /executions/$execution/events
GET /executions/$execution/logs
POST /executions/$execution/cancel
GET /executions?before=$execution
DELETE /sandbox/$box
PATHS
send POST /execute '{"commands":["echo other"]}' -H "$evil" -H 'Idempotency-Key: one'
ok "another's key is not known" test "$(answer id)" != "$execution"
ask GET "/executions?sandbox_id=$box" -H "$evil"
is "a filter does not reach further" "$(answer executions)" "[]"
ask GET /api/llm/vm-pool/a -H "$evil"
is "nor does an agent's name" "$(answer vms)" "[]"

# ---- where callbacks must not go ----
while read -r url; do
	send POST /execute "{\"commands\":[\"true\"],\"callback_url\":\"$url\"}" -H "$acme"
	ok "no callback to $url" test "$status" = 400
done <<'URLS'
file:///etc/passwd
unix:/run/x
gopher://127.0.0.1/
http://user:secret@example.com/
http://
http://[::1%25lo]/
http://a b/
//127.0.0.1/
URLS
for host in 127.0.0.1 2130706433 0x7f000001 017700000001 127.1 0.0.0.0 localhost '[::1]' '[::ffff:127.0.0.1]' \
	'[64:ff9b::7f00:1]' '[fe80::1]' 169.254.169.254 '[::]'; do
	send POST /execute "{\"commands\":[\"true\"],\"callback_url\":\"http://$host:${URL##*:}/execute\"}" -H "$acme"
	case $status in
	403) ok "a callback to $host is refused" true ;;
	*) is "or it does not arrive" "$status" 202 && await "$(answer id)" -H "$acme" ;;
	esac
done
# a callback has no token: if one came, it would be answered 401
eventually grep -q 'callback failed.*localhost' "$SCRATCH/log"
ok "and none of them arrives" sh -c "! grep -q '\"status\":401' '$SCRATCH/log'"
ok "a name is refused for its address" grep -q 'callback failed.*localhost is at .*not a public address' "$SCRATCH/log"

# ---- what they write into names ----
ask GET "/sandbox/x%0d%0aX-Evil:%201/status" -H "$acme"
is "a line end in a path" "$status" 404
send POST "/sandbox/$box/snapshots" '{"name":"a\r\nX-Evil: 1"}' -H "$acme"
is "in a name" "$status" 400
send POST /execute '{"commands":["printf \"x\\n\\nevent: report\\ndata: {}\\n\\n\\rdata: y\""]}' -H "$acme" \
	-H 'Accept: text/event-stream'
is "an output cannot end an event" "$(grep -c '^event: report' "$SCRATCH/answer")" 1
ok "each line of a stream is a field's" sh -c "! grep -v '^\(event: [a-z]*\|id: [0-9]*\|id: report\|data: {.*}\|: keep-alive\|\)\$' '$SCRATCH/answer'"
ok "no head holds what a client wrote" sh -c "! grep -qi evil '$SCRATCH/headers'"

# ---- the disk ----
send POST "/sandbox/$box/execute" '{"candidates":["```sh\nexit 1\n```",
"```txt title=\"requirements.txt\"\nno-such-thing-at-all==1\n```\n```python\nimport no_such_thing_at_all\n```"],
"policy":{"on_failure":"keep"}}' -H "$acme"
is "the best of two that fail is kept" "$(answer candidates 0 chosen)" True
two_revisions() { [ "$(ls "$ASSAY_STATE_DIR/revisions" | wc -l)" = 2 ]; }
ok "of the other nothing stays" eventually two_revisions
python3 -c 'print("{\"path\":\"big\",\"content\":\"" + "x" * 200000 + "\"}")' >"$SCRATCH/write"
for _ in 1 2 3 4; do
	send POST "/sandbox/$box/tools/writeFile" "@$SCRATCH/write" -H "$acme"
	sed -i 's/:"x/:"yx/' "$SCRATCH/write"
done
is "what tools write counts" "$status" 403
send POST "/sandbox/$box/tools/deleteFile" '{"path":"big"}' -H "$acme"
is "but room can be made" "$status" 200
send POST "/sandbox/$own/tools/writeFile" '{"path":"a","content":"b"}' -H "$evil"
is "another tenant has its own share" "$status" 200

ask DELETE "/sandbox/$box" -H "$acme"
has_room() {
	send POST /execute '{"commands":["true"]}' -H "$acme"
	[ "$status" = 200 ]
}
ok "a sandbox that is removed makes room" eventually has_room

# ---- the queue ----
seq 300 | xargs -P 30 -I{} curl -s -o /dev/null -m 120 -H "$evil" \
	-H 'Content-Type: application/json' -d '{"commands":["sleep 3"],"async":true}' "$URL/execute"
ask GET /health
ok "one tenant fills the queue" test "$(answer waiting)" -ge 250
send POST /execute '{"commands":["echo my turn"]}' -H "$acme" -m 120
is "another is let in, and has its turn" "$(answer commands 0 stdout text)" "my turn"
serve_drain
serve_stop
is "two SIGTERMs hand the rest back" "$stopped" 0
finish
