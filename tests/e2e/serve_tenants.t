#!/bin/sh
# Tokens, tenants that see only their own, and how often one may ask.
. tests/e2e/serve_lib.sh
printf '# who may\nacme:acme-token-1\n\n*:any-token-22\n@metrics:operator-333\n' >"$SCRATCH/tokens"
chmod 600 "$SCRATCH/tokens"
serve --token-file "$SCRATCH/tokens"
acme='Authorization: Bearer acme-token-1'
any='Authorization: Bearer any-token-22'

ask GET /sandboxes
is "no token: 401" "$status" 401
is "asks for one" "$(header WWW-Authenticate)" Bearer
ask GET /sandboxes -H 'Authorization: Bearer acme-token-2'
is "a wrong token: 401" "$status" 401
ask GET /health
is "health is open" "$status" 200
send POST /sandbox/create '{"agent_id":"a1"}' -H "$acme"
is "a tenant's token" "$status" 201
box=$(answer sandbox_id)
ask GET "/sandbox/$box/status" -H "$any"
is "another tenant's sandbox is not there" "$status" 404
for request in "DELETE /sandbox/$box" "POST /sandbox/$box/fork" "GET /sandbox/$box/snapshots" \
	"GET /api/vms/$box/history"; do
	ask "${request% *}" "${request#* }" -H "$any"
	is "$request of another tenant" "$status" 404
done
ask GET "/sandbox/$box/status" -H "$any" -H 'X-Tenant-ID: acme'
is "a token for any tenant names one" "$status" 200
ask GET "/sandbox/$box/status" -H "$acme" -H 'X-Tenant-ID: other'
is "a tenant's token is not for another" "$status" 403
ask GET /sandboxes -H "$any" -H 'X-Tenant-ID: a/b'
is "what is no tenant's name" "$status" 400
send POST "/sandbox/$box/execute" '{"commands":["echo secret-output"]}' -H "$acme"
id=$(answer id)
for path in "/executions/$id" "/executions/$id/report" "/executions/$id/events" "/executions/$id/logs"; do
	ask GET "$path" -H "$any"
	is "$path of another tenant" "$status" 404
done
ask GET /executions -H "$any"
is "another tenant's history is empty" "$(answer executions)" "[]"
ask GET /metrics -H "$acme"
is "a tenant does not see how busy the others are" "$status" 403
ok "and is told why" sh -c "grep -q 'tells of all tenants' '$SCRATCH/answer'"
ask GET /metrics
is "nor does nobody" "$status" 401
ask GET /metrics -H "$any"
is "a token for any tenant sees it" "$status" 200
ask GET /metrics -H 'Authorization: Bearer operator-333'
is "an operator's token sees it" "$status" 200
for path in /sandboxes /executions "/executions/$id" /tools; do
	ask GET "$path" -H 'Authorization: Bearer operator-333'
	is "but not $path" "$status" 403
	ask GET "$path" -H 'Authorization: Bearer operator-333' -H 'X-Tenant-ID: acme'
	is "nor $path of a tenant" "$status" 403
done
send POST /execute '{"commands":["true"]}' -H 'Authorization: Bearer operator-333'
is "and runs nothing" "$status" 403
ask GET /openapi.json
is "the document asks for a token" "$(answer components securitySchemes bearer scheme)" bearer
ok "no token and no output is logged" sh -c "! grep -q 'token-1\|token-22\|secret-output' '$SCRATCH/log'"
serve_stop
serve --requests-per-minute 1 --sandboxes 1
ask GET /sandboxes
is "one is allowed" "$status" 200
ask GET /sandboxes
is "the next is too much" "$status" 429
is "and says so" "$(answer error code)" rate_limited
ok "and when to come again" test "$(header Retry-After)" -ge 1
ask GET /sandboxes -H 'X-Tenant-ID: other'
is "another tenant is not meant" "$status" 200
serve_stop
serve --sandboxes 1 --max-memory 1G
send POST /execute '{"environment":"bash","commands":["true"],"limits":{"memory":2147483648}}'
ok "a limit over the most is cut, and the report says so" sh -c "echo '$(answer notes)' | grep -q 'memory is 1073741824'"
ask POST /sandbox/create
ask POST /sandbox/create
is "one sandbox, not two" "$status" 403
serve_stop
serve --disk 100K
ask POST /sandbox/create
box=$(answer sandbox_id)
send POST "/sandbox/$box/execute" '{"commands":["head -c 300000 /dev/zero >big"]}'
is "more than the tenant may keep: a report" "$status" 200
is "with a verdict" "$(answer verdict)" rejected
is "in commit" "$(answer phase)" commit
ok "that names the quota" grep -q "\"reason\": *\"[^\"]*big: [^\"]*this tenant's [^\"]* of disk" "$SCRATCH/answer"
is "and the workspace is as before" "$(answer workspace outcome)" rolled_back
send POST "/sandbox/$box/execute" '{"commands":["head -c 90000 /dev/zero >most"]}'
is "what fits is kept" "$(answer verdict)" passed
send POST "/sandbox/$box/tools/writeFile" "{\"path\":\"more\",\"content\":\"$(printf '%020000d' 0)\"}"
is "a write that does not fit: 403" "$status" 403
send POST /execute '{"environment":"bash","commands":["head -c 300000 /dev/zero >big"]}'
is "what is forgotten does not count" "$(answer verdict)" passed
serve_stop
serve --listen "unix:$SCRATCH/socket"
status=$(curl -s -o "$SCRATCH/answer" -w '%{http_code}' --unix-socket "$SCRATCH/socket" http://x/health)
is "a unix socket" "$status" 200
serve_stop
finish
