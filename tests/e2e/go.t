#!/bin/sh
# Go modules whose parts are folders: replace, go.work, vendor/. Real go, real modules.
. tests/e2e/lib.sh
. examples/mirror.sh

module=github.com/pkg/errors
version=v0.9.1

# reply FILE PACKAGE GREET: a reply with a test that needs what stands in the workspace.
reply() {
	cat <<REPLY
\`\`\`go title="$1"
package $2

import (
	"testing"

	"$3"
	"$module"
)

func TestBoth(t *testing.T) {
	if greet.Hello("you") != "hello you" {
		t.Fatal(greet.Hello("you"))
	}
	if errors.New("no").Error() != "no" {
		t.Fatal("no error")
	}
}
\`\`\`
REPLY
}

greet() {
	mkdir -p "$1"
	printf 'module %s\n\ngo 1.21\n' "$2" >"$1/go.mod"
	printf 'package greet\n\nfunc Hello(name string) string { return "hello " + name }\n' >"$1/greet.go"
}

# run NAME [OPTION...]: NAME.md in the workspace NAME
run() {
	name=$1
	shift
	timeout 600 "$ASSAY" run --format json --workspace "$SCRATCH/$name" "$@" "$SCRATCH/$name.md" \
		>"$SCRATCH/$name.json" 2>"$SCRATCH/err"
	ok "$name: passes" test "$(json "$SCRATCH/$name.json" verdict) $(json "$SCRATCH/$name.json" results summary passed)" = "passed 1"
}

# A folder in place of a module, which has no dot in its name.
greet "$SCRATCH/replace/greet" greet
cat >"$SCRATCH/replace/go.mod" <<MOD
module example.org/app

go 1.21

require (
	$module $version
	greet v0.0.0
)

replace (
	greet v0.0.0 => ./greet // beside us
)
MOD
cp "$SCRATCH/replace/go.mod" "$SCRATCH/before"
reply app_test.go app greet >"$SCRATCH/replace.md"
run replace
ok "replace: it is said that this installs in place" grep -q 'installed in place.*go.mod replaces' "$SCRATCH/replace.json"
ok "replace: go.mod is as it was" cmp "$SCRATCH/before" "$SCRATCH/replace/go.mod"
is "replace: nothing else came" "$(cd "$SCRATCH/replace" && find . -type f | sort | tr '\n' ' ')" \
	"./app_test.go ./go.mod ./greet/go.mod ./greet/greet.go "

# Two modules, joined, none of them at the top.
greet "$SCRATCH/joined/greet" example.org/greet
mkdir "$SCRATCH/joined/app"
printf 'module example.org/app\n\ngo 1.21\n\nrequire %s %s\n' $module $version >"$SCRATCH/joined/app/go.mod"
printf 'go 1.21\n\nuse (\n\t./app\n\t./greet/ // beside it\n)\n' >"$SCRATCH/joined/go.work"
reply app/app_test.go app example.org/greet >"$SCRATCH/joined.md"
run joined
ok "joined: it is said that this installs in place" grep -q 'installed in place.*go.work joins' "$SCRATCH/joined.json"
ok "joined: no go.mod was made at the top" test ! -e "$SCRATCH/joined/go.mod"

# All that is needed stands in vendor/: no network, not even for the first run.
mkdir "$SCRATCH/vendored"
(
	cp -r "$SCRATCH/replace/greet" "$SCRATCH/vendored/greet"
	cp "$SCRATCH/replace/go.mod" "$SCRATCH/replace/app_test.go" "$SCRATCH/vendored"
	cd "$SCRATCH/vendored" && export GOPATH="$SCRATCH/path" GOCACHE="$SCRATCH/cache" &&
		go mod tidy && go mod vendor && rm app_test.go && chmod -R u+w "$SCRATCH/path"
) >"$SCRATCH/vendor.log" 2>&1
ok "vendor/ is there" test -f "$SCRATCH/vendored/vendor/$module/errors.go" -a -f "$SCRATCH/vendored/vendor/greet/greet.go"
reply app_test.go app greet >"$SCRATCH/vendored.md"
GOPROXY=http://127.0.0.1:9 run vendored
ok "vendored: it is said" grep -q 'come from vendor/: none is fetched' "$SCRATCH/vendored.json"
is "vendored: no module was fetched" "$(grep -c 'go mod download' "$SCRATCH/vendored.json")" 0
finish
