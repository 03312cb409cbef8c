#!/bin/sh
# The dialects of agents and of sandboxes, in the shapes that clients are written against.
. tests/e2e/serve_lib.sh
serve --cost-per-hour 3600

# keys PATH...: the members of an object of the last answer, sorted.
keys() { answer "$@" | python3 -c 'import json, sys; print(" ".join(sorted(json.load(sys.stdin))))'; }

# ---- sandboxes ----
send POST /sandbox/create '{"environment":"nodejs-18","timeout":3600}'
box=$(answer sandbox_id)
is "its place is told" "$(header Location)" "/sandbox/$box/status"
send POST "/sandbox/$box/execute" \
	'{"files":{"main.js":"console.log(40 + 2)"},"commands":["node main.js"],"timeout":300}'
is "files and commands run" "$(answer commands 0 stdout text)" 42
ask GET /sandboxes
ok "sandboxes: the promised members" sh -c "for key in sandbox_id status environment uptime executions; do
	grep -q \"\\\"\$key\\\"\" '$SCRATCH/answer' || exit 1; done"
is "executions are counted" "$(answer sandboxes 0 executions)" 1
ok "the estimate is of seconds" python3 -c "
import json; box = json.load(open('$SCRATCH/answer'))['sandboxes'][0]
assert 0 < box['cost_estimate'] < 600 and box['uptime'] <= box['cost_estimate'] + 1, box"
send POST /sandbox/create ''
is "nothing is an empty object" "$status" 201
send POST /sandbox/create '{"environment":"cobol-85"}'
is "an unknown environment" "$status" 404

# ---- agents ----
send POST /api/llm/execute '{"agent_id":"a1","language":"python","code":"import sys\nopen(\"kept\",\"w\")\nprint(\"out\")\nprint(\"err\",file=sys.stderr)","timeout_seconds":60}'
is "agent: exit code" "$(answer exit_code)" 0
is "agent: stdout" "$(answer stdout)" out
is "agent: stderr" "$(answer stderr)" err
is "agent: no error" "$(answer error)" None
vm=$(answer vm_id)
is "agent: the promised members" "$(keys)" \
	"completed_at duration_ms error execution_id exit_code feedback started_at stderr stdout verdict vm_id"
send POST /api/llm/execute '{"agent_id":"a1","language":"bash","code":"ls; exit 7","timeout_seconds":60}'
is "agent: its VM lasts" "$(answer vm_id)" "$vm"
ok "agent: with its files" sh -c "echo '$(answer stdout)' | grep -q kept"
is "agent: exit 7" "$(answer exit_code)" 7
ok "agent: and a reason" test "$(answer error)" != None
send POST /api/llm/execute '{"agent_id":"a-1","language":"cobol","code":"x"}'
is "agent: no such language" "$status" 404
ok "agent: says which there are" sh -c "echo '$(answer error message)' | grep -q 'python'"
send POST /api/llm/execute '{"agent_id":"a2","language":"bash","code":"ls"}'
ok "another agent has another VM" test "$(answer vm_id)" != "$vm"
send POST /api/llm/execute "{\"agent_id\":\"a2\",\"language\":\"bash\",\"code\":\"ls\",\"vm_id\":\"$vm\"}"
is "or the one it names" "$(answer vm_id)" "$vm"
send POST /api/llm/parse-execute '{"agent_id":"a1","llm_response":"So:\n```python\nprint(6*7)\n```\n","auto_execute":true}'
is "parse-execute: the block" "$(answer blocks 0 language)" python
is "parse-execute: its output" "$(answer execution stdout)" 42
send POST /api/llm/parse-execute '{"agent_id":"a1","llm_response":"So:\n```python\nprint(6*7)\n```\n","auto_execute":false}'
is "parse only: the block" "$(answer blocks 0 code)" "print(6*7)"
is "parse only: nothing ran" "$(answer execution)" None
send POST "/api/vms/$vm/snapshots" '{"name":"s1","description":"first"}'
is "snapshot" "$status" 201
snapshot=$(answer snapshot_id)
send POST /api/llm/execute '{"agent_id":"a1","language":"bash","code":"rm kept"}'
ask POST "/api/vms/$vm/rollback/$snapshot"
is "rollback" "$status" 200
ok "rollback: what it reverted" sh -c "echo '$(answer reverted)' | grep -q kept"
ask GET "/api/vms/$vm/history"
is "history: newest first" "$(answer executions 0 verdict)" passed
is "history: all of them" "$(answer executions | grep -o '"id"' | wc -l)" 5
ask GET /api/llm/vm-pool/a1
is "pool: one VM" "$(answer vms 0 vm_id)" "$vm"
ask GET /api/llm/vm-pool/nobody
is "pool: none" "$(answer vms)" "[]"

# ---- several replies, the best is kept ----
python3 - >"$SCRATCH/candidates" <<'PYTHON'
import json
fence = "```"
reply = lambda body: f"{fence}python\n# file: answer.py\n{body}\n{fence}\n"
print(json.dumps({"candidates": [reply("raise SystemExit(1)"), reply("print('good')"), reply("1/0")]}))
PYTHON
ask POST "/sandbox/$vm/execute" -H 'Content-Type: application/json' --data-binary "@$SCRATCH/candidates"
is "the best candidate" "$(answer verdict)" passed
send POST "/sandbox/$vm/execute" '{"commands":["python3 answer.py"]}'
is "is the one that is kept" "$(answer commands 0 stdout text)" good

# ---- tools ----
# tool NAME ARGUMENTS: in the sandbox.
tool() { send POST "/sandbox/$box/tools/$1" "$2"; }
ask GET /tools
for name in readFile writeFile deleteFile searchReplace listDirectory searchFiles grepSearch \
	codebaseSearch executeCommand; do
	ok "there is $name" grep -q "\"name\": \"$name\"" "$SCRATCH/answer"
done
tool writeFile '{"path":"src/a.txt","content":"one\ntwo\n"}'
is "writeFile" "$(answer created)" True
tool readFile '{"path":"src/a.txt"}'
is "readFile" "$(answer content)" "$(printf 'one\ntwo')"
tool searchReplace '{"path":"src/a.txt","old_string":"two","new_string":"three"}'
is "searchReplace" "$status" 200
tool grepSearch '{"query":"thr.e"}'
ok "grepSearch" grep -q 'src/a.txt' "$SCRATCH/answer"
tool listDirectory '{"path":"src"}'
ok "listDirectory" grep -q 'a.txt' "$SCRATCH/answer"
tool executeCommand '{"command":"cat src/a.txt; exit 3"}'
is "executeCommand: output" "$(answer stdout)" "$(printf 'one\nthree')"
is "executeCommand: exit code" "$(answer exit_code)" 3
tool executeCommand '{"command":"echo kept > made; exit 1"}'
tool readFile '{"path":"made"}'
is "what a failing command did stays" "$(answer content)" kept
ask POST "/sandbox/$box/tools/executeCommand" -N -H 'Accept: text/event-stream' \
	-H 'Content-Type: application/json' -d '{"command":"echo streamed"}'
ok "executeCommand streams" grep -q '"text":"streamed' "$SCRATCH/answer"
tool deleteFile '{"path":"src/a.txt"}'
is "deleteFile" "$status" 200
tool readFile '{"path":"src/a.txt"}'
is "what is gone is not found" "$status" 404
tool readFile '{"path":"../../etc/passwd"}'
is "nothing beyond the workspace" "$status" 409
tool readFile '{"pth":"a"}'
is "an argument's slip is told" "$(answer error message)" 'unknown field "pth" (did you mean "path"?)'
tool nonsense '{}'
is "no such tool" "$status" 404

# ---- what the service says of itself ----
ask GET /health
is "health" "$(answer status)" ok
is "its canary ran" "$(answer sandbox ok)" True
ask GET /metrics
ok "metrics count executions" grep -q '^assay_executions_total{verdict="passed"} [1-9]' "$SCRATCH/answer"
is "in Prometheus' format" "$(header Content-Type)" "text/plain; version=0.0.4; charset=utf-8"
! command -v promtool >/dev/null || ok "as promtool reads it" sh -c "promtool check metrics <'$SCRATCH/answer'"
ask GET /version
is "version" "$(answer name)" assay
ask GET /openapi.json
is "openapi" "$(answer openapi)" 3.1.0
serve_stop
finish
