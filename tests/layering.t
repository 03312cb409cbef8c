#!/bin/sh
# Who may include whom (README, "The arrow"): prints TAP, one test a folder.
#
#   base, model <- parsers, validators, runners <- tools, pipeline <- store, net, report <- service <- api <- commands
cd "$(dirname "$0")/.." || exit 1
number=0
failed=0

# check FOLDER ALLOWED...: every own header that FOLDER includes lies in it or in one of ALLOWED.
check() {
	folder=$1
	shift
	pattern="^$folder/"
	for allowed in "$@"; do pattern="$pattern|^$allowed"; done
	bad=$(grep -rHoE '^#include "[^"]+"' --include='*.[ch]' "$folder" 2>/dev/null |
		sed 's/#include "\(.*\)"/\1/' | awk -F: -v p="$pattern" '$2 !~ p {print "# " $1 " includes " $2}')
	report "$folder includes only what it may" "$bad"
}

# only LIBRARY-HEADER PATTERN: no file but those matching PATTERN includes the library's header.
only() {
	bad=$(grep -rlE "^#include <$1>" --include='*.[ch]' engine parsers validators runners |
		grep -vE "$2" | sed 's/^/# /')
	report "only $2 uses <$1>" "$bad"
}

report() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$2"
		failed=1
	fi
}

echo "TAP version 13"
check engine/base
check parsers engine/base/ engine/model.h
check validators engine/base/ engine/model.h
check runners engine/base/ engine/model.h
check runners/namespace/launcher engine/base/ engine/model.h 'runners/[a-z_]*\.h'
check runners/namespace/overlay engine/base/ engine/model.h 'runners/[a-z_]*\.h' \
	runners/namespace/launcher/ 'runners/namespace/(owner|state)\.h'
check engine/tools engine/base/ engine/model.h runners/sandbox.h
below="engine/base/ engine/model.h parsers/ validators/ runners/"
# shellcheck disable=SC2086 # a list of words
{
	check engine/pipeline $below
	check engine/store $below engine/pipeline/
	check engine/net $below engine/pipeline/
	for room in client proxy server; do
		check "engine/net/$room" $below engine/pipeline/ 'engine/net/[a-z_]*\.h'
	done
	check engine/report $below engine/pipeline/
	beside="engine/pipeline/ engine/store/ engine/net/ engine/report/"
	check engine/service $below $beside
	check engine/api $below $beside engine/tools/ engine/service/
	check engine/commands $below $beside engine/service/ engine/api/
}
only 'cjson/.*' '^engine/base/json_read\.c$|^engine/commands/cmd_version\.c$'
only 'sha2\.h' '^engine/base/digest\.h$'
only 'cmark.*' '^parsers/markdown\.c$|^engine/commands/cmd_version\.c$'
only 'expat\.h' '^parsers/parser_junit\.c$|^engine/commands/cmd_version\.c$'
only 'pcre2\.h' '^engine/base/regex\.c$|^engine/commands/cmd_version\.c$'
only 'sqlite3\.h' '^engine/store/[a-z_]*\.c$|^engine/commands/cmd_version\.c$'
only 'microhttpd\.h' '^engine/net/server/[a-z_]*\.[ch]$|^engine/commands/cmd_version\.c$'
only 'curl/.*' '^engine/net/client/[a-z_]*\.[ch]$|^engine/commands/cmd_version\.c$'
only 'seccomp\.h' '^runners/namespace/launcher/seccomp[a-z_]*\.c$|^engine/commands/cmd_version\.c$'
echo "1..$number"
exit $failed
