#!/bin/sh
# Answers that are owed to somebody's URL: signed, sent again, and kept though the service is killed.
. tests/e2e/serve_lib.sh
cat >"$SCRATCH/receiver.py" <<'PYTHON'
"""Takes callbacks: 500 until the file "willing" is there; each is noted with whether its signature is right."""
import hashlib, hmac, http.server, os, sys
folder, secret = sys.argv[1], sys.argv[2].encode()
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers["X-Assay-Timestamp"].encode() + b"." + body
        right = "sha256=" + hmac.new(secret, signed, hashlib.sha256).hexdigest()
        willing = os.path.exists(f"{folder}/willing")
        if willing:
            open(f"{folder}/body", "wb").write(body + b"\n")  # answers end with a line feed
        with open(f"{folder}/noted", "a") as noted:
            print(self.headers["X-Assay-Execution"], right == self.headers["X-Assay-Signature"],
                  "taken" if willing else "refused", file=noted)
        self.send_response(200 if willing else 500)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
open(f"{folder}/port.new", "w").write(str(server.server_port))
os.rename(f"{folder}/port.new", f"{folder}/port")
server.serve_forever()
PYTHON
secret=a-secret-of-24-characters
echo "$secret" >"$SCRATCH/secret"
chmod 600 "$SCRATCH/secret"
: >"$SCRATCH/noted"
python3 "$SCRATCH/receiver.py" "$SCRATCH" "$secret" &
receiver=$!
trap 'serve_kill; kill "$receiver"; rm -rf "$SCRATCH"' EXIT
# until_noted TEXT
until_noted() { eventually grep -q "$1" "$SCRATCH/noted"; }
eventually test -f "$SCRATCH/port"
url=http://127.0.0.1:$(cat "$SCRATCH/port")/

serve --callback-secret-file "$SCRATCH/secret"
send POST /execute "{\"commands\":[\"true\"],\"callback_url\":\"$url\"}"
is "an address nobody allowed is refused at once" "$status" 403
ok "and says which option allows it" sh -c "echo '$(answer error message)' | grep -q -- --callback-host"
serve_stop

serve --callback-secret-file "$SCRATCH/secret" --callback-host 127.0.0.1
send POST /execute "{\"commands\":[\"date +%N\"],\"callback_url\":\"$url\"}" -H 'Idempotency-Key: once'
is "a callback: 202" "$status" 202
id=$(answer id)
until_noted "$id True refused"
ok "signed, and refused by the receiver" grep -q "^$id True refused$" "$SCRATCH/noted"
serve_kill
wait "$SERVER" 2>/dev/null
: >"$SCRATCH/willing"
serve --callback-secret-file "$SCRATCH/secret" --callback-host 127.0.0.1
until_noted "$id True taken"
ok "sent again after kill -9" grep -q "^$id True taken$" "$SCRATCH/noted"
ask GET "/executions/$id/report"
ok "its body is the report, byte for byte" cmp "$SCRATCH/answer" "$SCRATCH/body"
send POST /execute "{\"commands\":[\"date +%N\"],\"callback_url\":\"$url\"}" -H 'Idempotency-Key: once'
is "the key is known after kill -9, too" "$(answer id)" "$id"
ok "no secret and no URL is logged" sh -c "! grep -q '$secret\|${url#http://}' '$SCRATCH/log'"
serve_stop
finish
