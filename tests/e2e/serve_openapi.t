#!/bin/sh
# The document tells the truth: schemathesis sends what it allows and what it forbids to every route.
. tests/e2e/serve_lib.sh
venv=$PWD/build/schemathesis
if ! [ -x "$venv/bin/schemathesis" ]; then
	python3 -m venv "$venv" >"$SCRATCH/pip" 2>&1 &&
		"$venv/bin/pip" install -q 'schemathesis>=4,<5' >>"$SCRATCH/pip" 2>&1 || {
		echo "1..0 # SKIP schemathesis cannot be installed: $(tail -n 1 "$SCRATCH/pip")"
		exit 0
	}
fi
printf '*:any-token-22\n' >"$SCRATCH/tokens"
chmod 600 "$SCRATCH/tokens"

# conform DESCRIPTION ARGUMENT...
conform() {
	description=$1
	shift
	# It leaves folders where it runs.
	ok "$description" env -C "$SCRATCH" "$venv/bin/schemathesis" run "$URL/openapi.json" \
		--checks all --no-color --seed 20261121 --request-timeout 300 \
		--suppress-health-check too_slow "$@" # on a busy machine all takes longer
}
serve
conform "every route without tokens" --max-examples "${SCHEMATHESIS_EXAMPLES:-20}"
serve_stop
serve --token-file "$SCRATCH/tokens"
conform "every route with tokens" --max-examples 5 -H 'Authorization: Bearer any-token-22'
serve_stop
finish
