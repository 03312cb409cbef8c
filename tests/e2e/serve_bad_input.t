#!/bin/sh
# Whatever is sent, the answer is one sentence that says what is wrong with it, and where.
. tests/e2e/serve_lib.sh
serve --max-body 64K

# refused DESCRIPTION STATUS CODE FIELD TEXT
refused() {
	is "$1: status" "$status" "$2"
	is "$1: code" "$(answer error code)" "$3"
	is "$1: field" "$(answer error field)" "$4"
	is "$1: message" "$(answer error message)" "$5"
}

send POST /execute '{"text":"a",}'
refused "malformed JSON" 400 invalid None "body:1:13: not valid JSON: a string belongs here"
send POST /execute '{"text":"a\u0000b"}'
refused "a NUL" 400 invalid None "body:1:11: not valid JSON: a NUL character (\\u0000) cannot be in a text"
send POST /execute '{"files":{"a":1}}'
refused "a wrong type" 400 invalid files.a '"files.a" must be a string, not a number'
send POST /execute '{"text":"a","limits":{"memry":1}}'
refused "an unknown field" 400 invalid limits.memry 'unknown field "memry" (did you mean "memory"?)'
send POST /execute '{"zzzzzzzz":1}'
is "an unknown field, near to none" "$(answer error message | grep -c 'unknown field "zzzzzzzz" (known: text, ')" 1
send POST /execute '{"text":"a","timeout":0}'
refused "too small" 400 invalid timeout '"timeout" must be at least 1'
send POST /execute '{"text":"a","files":{"a":"b"}}'
is "two kinds of input" "$status" 400
send POST /execute '[]'
refused "no object" 400 invalid None "the body must be an object, not a list"
send POST /execute ''
is "nothing" "$status" 400
send POST /execute '{"text":"a","environment":"cobol-85"}'
is "an unknown environment" "$status" 404
send POST /execute '{"text":"a","sandbox_id":"sb-nothing"}'
is "an unknown sandbox" "$status" 404
send POST '/execute?sandbox_id=sb-nothing' '{"commands":["true"]}'
is "an unknown sandbox in the query, beside a JSON body" "$status" 404
ask POST /execute -d 'text=a'
is "a form" "$status" 415
ask GET '/executions?limit=many'
refused "a query" 400 invalid limit 'the query parameter "limit" must be a whole number, not a string'
ask GET '/executions?limt=1'
refused "a query's name" 400 invalid limt 'unknown query parameter "limt" (did you mean "limit"?)'
ask GET '/executions?zzzzzzzz=1'
is "a query's name, near to none" "$(answer error message | grep -c 'unknown query parameter "zzzzzzzz" (known: ')" 1
ask POST '/execute?sandbox=sb-1' -H 'Content-Type: text/plain' --data-binary 'no code at all'
refused "another name" 400 invalid sandbox 'unknown query parameter "sandbox" (did you mean "sandbox_id"?)'
ask GET '/executions?verdict=nice'
is "no verdict" "$status" 400
ask GET '/health?now=1'
is "a query where none is" "$status" 400
ask GET '/executions?before=nothing'
is "an unknown page" "$status" 404
for path in /executions/nothing /executions/nothing/report /executions/nothing/logs \
	/executions/nothing/events /sandbox/nothing/status /sandbox/nothing/snapshots \
	/api/vms/nothing/history; do
	ask GET "$path"
	is "GET $path" "$status" 404
done
ask GET /nothing
is "no such path" "$status" 404
ask GET /executions/
is "a slash too many" "$status" 404
ask GET /executions/a%2Freport
is "an encoded slash is no slash" "$status" 404
ask PUT /execute
is "no such method" "$status" 405
is "says which there are" "$(header Allow)" "POST, OPTIONS"
ask OPTIONS /execute
is "OPTIONS" "$status" 204
status=$(curl -sI -o "$SCRATCH/answer" -w '%{http_code}' "$URL/openapi.json")
is "HEAD is GET without a body" "$status" 200
head -c 70000 /dev/zero | tr '\0' a >"$SCRATCH/long"
ask POST /execute -H 'Content-Type: text/plain' --data-binary "@$SCRATCH/long"
is "over the limit" "$status" 413
ask POST /execute -H 'Content-Type: text/plain' -H 'Transfer-Encoding: chunked' --data-binary "@$SCRATCH/long"
is "over the limit in chunks" "$status" 413
ask POST /execute -H 'Content-Type: text/plain' --data-binary 'no code at all'
is "no code is a verdict" "$(answer verdict)" no_code
send POST /execute '{"files":{"../a":"b"},"commands":["true"]}'
is "a path that climbs is a verdict" "$(answer verdict)" rejected
send POST /execute '{"commands":["true"],"callback_url":"http://127.0.0.1:1/"}'
is "callbacks are off" "$status" 403
ok "nothing was logged of what was sent" sh -c "! grep -q 'no code at all\|cobol' '$SCRATCH/log'"
ok "each request is a line of JSON" python3 -c "
import json, sys
lines = [json.loads(line) for line in open('$SCRATCH/log') if line.startswith('{')]
assert any(l.get('status') == 415 and l.get('route') == '/execute' for l in lines)"
serve_stop

# ---- the command line ----
# usage DESCRIPTION TEXT OPTION...
usage() {
	description=$1
	text=$2
	shift 2
	timeout 120 "$ASSAY" serve "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
	is "$description: exit status" "$?" 2
	ok "$description: says why" grep -q -- "$text" "$SCRATCH/err"
}
usage "an open port without tokens" "give --token-file" --listen 0.0.0.0:0
usage "no address" "--listen" --listen nonsense
usage "an unknown option" "did you mean --listen" --lisen 127.0.0.1:0
echo 'no token here' >"$SCRATCH/tokens"
usage "a token file" "tokens:1: needs tenant:token" --token-file "$SCRATCH/tokens"
printf 'a:12345678\nb c:12345678\n' >"$SCRATCH/tokens"
usage "a tenant's name" "tokens:2: a tenant is" --token-file "$SCRATCH/tokens"
echo short >"$SCRATCH/secret"
usage "a short secret" "at least 16" --callback-secret-file "$SCRATCH/secret"
finish
