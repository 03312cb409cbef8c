#!/bin/sh
# assay extract and assay check: shapes, exit statuses, and input that nobody means well with.
. tests/e2e/lib.sh

reply() { cat >"$SCRATCH/reply.md"; }
check() {
	"$ASSAY" check "$@" "$SCRATCH/reply.md" >"$SCRATCH/check.json" 2>"$SCRATCH/err"
	status=$?
}

# ---- shapes ----
reply <<'REPLY'
Here is `src/a.py`:

```python title="src/a.py"
def double(n):
    return 2 * n
```

```text
4
```
REPLY
"$ASSAY" extract "$SCRATCH/reply.md" >"$SCRATCH/blocks.json"
is "extract: exit status" "$?" 0
is "extract: every field, in the promised order" "$(python3 -c '
import json, sys
print(" ".join(json.load(open(sys.argv[1]))[0]))' "$SCRATCH/blocks.json")" \
	"index language info path how role used why_not line closed code"
is "extract: path from the info string" "$(json "$SCRATCH/blocks.json" 0 path)" src/a.py
is "extract: how" "$(json "$SCRATCH/blocks.json" 0 how)" info
is "extract: what was ignored says why" "$(json "$SCRATCH/blocks.json" 1 used)" False
ok "extract: stdin is the same" sh -c '"$1" extract <"$2" | cmp - "$3"' - \
	"$ASSAY" "$SCRATCH/reply.md" "$SCRATCH/blocks.json"
ok "extract: - is the same" sh -c '"$1" extract - <"$2" | cmp - "$3"' - \
	"$ASSAY" "$SCRATCH/reply.md" "$SCRATCH/blocks.json"

check
is "check: exit status" "$status" 0
is "check: verdict" "$(json "$SCRATCH/check.json" verdict)" ok
is "check: environment" "$(json "$SCRATCH/check.json" plan environment)" python-3.11
is "check: files" "$(json "$SCRATCH/check.json" plan files)" '["src/a.py"]'
is "check: install and test are lists" "$(python3 -c '
import json, sys
plan = json.load(open(sys.argv[1]))["plan"]
print(type(plan["install"]).__name__, type(plan["test"]).__name__)' "$SCRATCH/check.json")" "list list"

# ---- refusals ----
reply <<'REPLY'
```bash
:(){ :|:& };:
```
REPLY
check
is "fork bomb: exit status" "$status" 3
is "fork bomb: verdict" "$(json "$SCRATCH/check.json" verdict)" rejected
is "fork bomb: line" "$(json "$SCRATCH/check.json" findings 0 line)" 1
is "fork bomb: action" "$(json "$SCRATCH/check.json" findings 0 action)" block
ok "fork bomb: remedy" test "$(json "$SCRATCH/check.json" findings 0 remedy)" != None

for path in ../../etc/passwd /etc/passwd .git/hooks/pre-commit; do
	printf '```python title="%s"\nprint(1)\n```\n' "$path" | reply
	check
	ok "path $path is refused or not taken for a path" sh -c '
		[ "$1" = 3 ] || ! grep -qF "\"files\": [\"$2\"" "$3"' - "$status" "$path" "$SCRATCH/check.json"
done

printf 'only words\n' | reply
check
is "no code: exit status" "$status" 3
is "no code: verdict" "$(json "$SCRATCH/check.json" verdict)" no_code
: | reply
check
is "empty: exit status" "$status" 3
printf '```python\nprint(1)\n```\n' | reply
check --allow-language go
is "language that is not allowed: exit status" "$status" 3

# ---- hostile bytes ----
printf '```python\nx = "\377\376\000\001"\n```\n' | reply
check
ok "not UTF-8, and a NUL: checked or refused" test "$status" = 0 -o "$status" = 3
ok "not UTF-8: the JSON is valid" python3 -m json.tool "$SCRATCH/check.json"
printf '```%s\nprint(1)\n```\n' "$(printf 'python title="\033]0;x\007" %0900d' 0)" | reply
check
ok "hostile info string: the JSON is valid" python3 -m json.tool "$SCRATCH/check.json"

python3 -c 'print("```python\n" + "x" * (8 << 20) + "\n```")' | reply
check
ok "one line of 8 MiB ends in a verdict" test "$status" = 0 -o "$status" = 3
python3 -c 'print("```python\nprint(1)\n```\n" * 10001)' | reply
check
is "10,001 blocks: exit status" "$status" 3
ok "10,001 blocks: one sentence" test "$(wc -l <"$SCRATCH/err")" -le 1
head -c $((64 * 1024 * 1024 + 1)) /dev/zero | tr '\0' 'a' | reply
for command in extract check run; do
	"$ASSAY" $command "$SCRATCH/reply.md" >"$SCRATCH/out" 2>"$SCRATCH/err"
	is "$command: over 64 MiB: exit status" "$?" 3
done
rm "$SCRATCH/reply.md"

# ---- files of ours that are wrong ----
printf '```python\nprint(1)\n```\n' | reply
printf '{"rules": [\n  {"id": "x",\n]}\n' >"$SCRATCH/rules.json"
check --rules "$SCRATCH/rules.json"
is "rules file with an error: exit status" "$status" 4
ok "rules file with an error: file and line" grep -qE 'rules\.json:3' "$SCRATCH/err"
mkdir -p "$SCRATCH/share/templates/python-3.11"
printf '{"language": "python",\n  "mounts": [}\n' >"$SCRATCH/share/templates/python-3.11/template.json"
ASSAY_SHARE=$SCRATCH/share "$ASSAY" check "$SCRATCH/reply.md" >"$SCRATCH/check.json" 2>"$SCRATCH/err"
is "template with an error: exit status" "$?" 4
ok "template with an error: file and line" grep -qE 'template\.json:2' "$SCRATCH/err"

# ---- nothing is touched ----
mkdir "$SCRATCH/work"
echo mine >"$SCRATCH/work/a.txt"
before=$(find "$SCRATCH/work" -printf '%p %s %T@ %C@\n')
check --workspace "$SCRATCH/work"
is "check leaves the workspace alone" "$(find "$SCRATCH/work" -printf '%p %s %T@ %C@\n')" "$before"
check --workspace "$SCRATCH/new"
is "a workspace that is not there yet: exit status" "$status" 0
ok "and it is not made" test ! -e "$SCRATCH/new"
finish
