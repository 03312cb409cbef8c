# For the tests of `assay serve`: a server of one's own on a free port, and requests to it.
# shellcheck shell=sh
. tests/e2e/lib.sh
. examples/mirror.sh
trap 'serve_kill; rm -rf "$SCRATCH"' EXIT
SERVER=

# serve OPTION...: starts a server, waits until it listens, and sets URL. Its log is $SCRATCH/log.
serve() {
	: >"$SCRATCH/log"
	ASSAY_LOG=info "$ASSAY" serve --listen 127.0.0.1:0 "$@" 2>"$SCRATCH/log" &
	SERVER=$!
	eventually has_begun
	[ -n "$URL" ] && return
	echo "Bail out! the server does not listen: $(cat "$SCRATCH/log")"
	exit 1
}

# It listens, or has ended.
has_begun() {
	URL=$(sed -n 's/^assay serve: listening on \(http:.*\)/\1/p' "$SCRATCH/log")
	[ -n "$URL" ] || ! kill -0 "$SERVER" 2>/dev/null
}

# Has it end, and returns when it has begun to: a second signal could overtake the first otherwise.
serve_drain() {
	kill "$SERVER"
	eventually refuses
}

refuses() { ! curl -s -o "$SCRATCH/refusal" "$URL/health"; }

# Ends it as an administrator would; its exit status is in $stopped.
serve_stop() {
	kill "$SERVER"
	wait "$SERVER"
	stopped=$?
	SERVER=
}

serve_kill() { [ -z "$SERVER" ] || kill -9 "$SERVER" 2>/dev/null; }

# ask METHOD PATH [CURL-ARGUMENT...]: sets status; the answer is in $SCRATCH/answer, its headers in
# $SCRATCH/headers.
ask() {
	method=$1
	path=$2
	shift 2
	status=$(curl -s -X "$method" -D "$SCRATCH/headers" -o "$SCRATCH/answer" -w '%{http_code}' \
		"$@" "$URL$path")
}

# send METHOD PATH JSON [CURL-ARGUMENT...]
send() {
	sent_method=$1
	sent_path=$2
	sent=$3
	shift 3
	ask "$sent_method" "$sent_path" -H 'Content-Type: application/json' --data-binary "$sent" "$@"
}

# answer PATH...: the value in the last answer.
answer() { json "$SCRATCH/answer" "$@"; }

# header NAME: of the last answer.
header() { sed -n "s/^$1: \(.*\)\r\$/\1/Ip" "$SCRATCH/headers"; }

# await ID [CURL-ARGUMENT...]: waits until that execution is final; sets status and the answer.
await() {
	awaited=$1
	shift
	eventually stands final "$awaited" "$@"
}

# stands STATUS ID [CURL-ARGUMENT...]: whether that execution does.
stands() {
	wanted=$1
	stands_id=$2
	shift 2
	ask GET "/executions/$stands_id" "$@"
	[ "$(answer status)" = "$wanted" ]
}
