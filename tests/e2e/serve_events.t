#!/bin/sh
# Streams of events: one numbering for everybody, connections that break off, late listeners, old executions.
. tests/e2e/serve_lib.sh
serve

# heard FILE WHAT: of the events in the file that came whole: their output, last id, seqs, or the report.
heard() {
	python3 - "$@" <<'PYTHON'
import json, sys
text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
output, last, seqs, report, missing = "", "", [], "", 0
for block in text.split("\n\n")[:-1]:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line[1:])
    if "data" not in fields:
        continue  # a comment that keeps the connection alive
    event = json.loads(fields["data"])
    last = fields.get("id", last)
    if fields["event"] == "report":
        report = event["verdict"]
        continue
    assert fields["event"] == event["type"]
    assert fields.get("id", "None") == str(event["seq"])
    seqs.append(event["seq"])
    output += event.get("text", "")
    missing += event.get("events") or 0
what = sys.argv[2]
if what == "output":
    print(output, end="")
elif what == "gaps":
    print([b for a, b in zip([0] + seqs, seqs) if b != a + 1])
else:
    print({"last": last, "report": report, "missing": missing, "events": len(seqs)}[what])
PYTHON
}
follow() { curl -sN "$URL/executions/$id/events" "$@"; }

# ---- one that never left, a second one, and one whose connection is cut again and again ----
# However many lines a busy machine puts into one event, it is no longer than a piece.
send POST /execute '{"commands":["for i in $(seq 300); do printf \"line $i of säcks %04000d\\n\" 0; sleep 0.01; done"],"async":true}'
id=$(answer id)
follow >"$SCRATCH/first" &
first=$!
follow >"$SCRATCH/second" &
second=$!
: >"$SCRATCH/pieces"
last=0
cuts=0
while [ "$last" != report ] && [ "$cuts" -lt 100 ]; do
	follow -H "Last-Event-ID: $last" 2>/dev/null | head -c 200000 >"$SCRATCH/piece"
	heard "$SCRATCH/piece" output >>"$SCRATCH/pieces"
	before=$last
	last=$(heard "$SCRATCH/piece" last)
	[ -n "$last" ] || last=$before
	[ "$last" = "$before" ] && break # the report alone is longer than that
	cuts=$((cuts + 1))
done
follow -H "Last-Event-ID: $last" >"$SCRATCH/piece"
heard "$SCRATCH/piece" output >>"$SCRATCH/pieces"
wait "$first" "$second"
heard "$SCRATCH/first" output >"$SCRATCH/all"
for i in $(seq 300); do printf "line $i of säcks %04000d\n" 0; done >"$SCRATCH/printed"
ok "all of the output came as events" cmp "$SCRATCH/all" "$SCRATCH/printed"
is "without gaps in the numbers" "$(heard "$SCRATCH/first" gaps)" "[]"
is "and then the report" "$(heard "$SCRATCH/first" report)" passed
ok "both who listened have the same bytes" cmp "$SCRATCH/first" "$SCRATCH/second"
ok "the connection was cut several times" test "$cuts" -ge 3
ok "the pieces add up to the same output" cmp "$SCRATCH/pieces" "$SCRATCH/all"
is "and end with the report" "$(heard "$SCRATCH/piece" report)" passed

# ---- it is over ----
follow >"$SCRATCH/late"
ok "whoever comes late gets the same bytes" cmp "$SCRATCH/late" "$SCRATCH/first"
half=$(($(heard "$SCRATCH/first" events) / 2))
curl -sN "$URL/executions/$id/events?after=$half" >"$SCRATCH/rest"
is "?after= is the same as Last-Event-ID" "$(head -n 2 "$SCRATCH/rest" | tail -n 1)" "id: $((half + 1))"
ask GET "/executions/$id/events" -H 'Last-Event-ID: report'
is "who has the report needs not come again" "$status" 204
ask GET "/executions/none/events" -H 'Last-Event-ID: report'
is "nor ask for what is not there" "$status" 404
ask GET "/executions/$id/events" -H 'Last-Event-ID: soon'
is "what is no id is refused" "$status" 400

# ---- a key ----
post() {
	curl -sN -X POST -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \
		-H 'Idempotency-Key: k' "$@" --data-binary '{"commands":["seq 1 2000"]}' "$URL/execute"
}
post >"$SCRATCH/once"
post >"$SCRATCH/twice"
ok "the same key streams the same bytes" cmp "$SCRATCH/once" "$SCRATCH/twice"
post -H 'Last-Event-ID: 3' >"$SCRATCH/rest"
is "or the rest of them" "$(head -n 2 "$SCRATCH/rest" | tail -n 1)" "id: 4"

# ---- more than is kept ----
send POST /execute '{"commands":["seq 1 900000"]}'
id=$(answer id)
follow >"$SCRATCH/much"
is "much output: an event stands for what is gone" "$(grep -c '^event: missing$' "$SCRATCH/much")" 1
ok "says how many" test "$(heard "$SCRATCH/much" missing)" -gt 1
is "the last of the output is there" "$(heard "$SCRATCH/much" output | tail -n 1)" 900000
is "and the report" "$(heard "$SCRATCH/much" report)" passed
is "the same to who was promised more" \
	"$(curl -sN "$URL/executions/$id/events?after=2" | grep -c '^event: missing$')" 1

# A report that is longer than what a connection may hold back, read slowly at first.
python3 -c 'print("```python\n" + "# " + "\\" * 9000000 + "\nprint(1)\n```")' >"$SCRATCH/long.md"
curl -sN --limit-rate 20M -H 'Content-Type: text/plain' -H 'Accept: text/event-stream' \
	--data-binary "@$SCRATCH/long.md" "$URL/execute" >"$SCRATCH/long"
sed -n 's/^data: //p' "$SCRATCH/long" | tail -n 1 >"$SCRATCH/report"
ok "a long report comes whole" test "$(json "$SCRATCH/report" verdict)" != absent
ok "and it is long" test "$(wc -c <"$SCRATCH/report")" -gt 17000000

# ---- after a restart ----
serve_stop
serve
follow >"$SCRATCH/old"
is "what is not kept is said to be missing" "$(head -n 1 "$SCRATCH/old")" "event: missing"
is "and the report is there" "$(heard "$SCRATCH/old" report)" passed
serve_stop
finish
