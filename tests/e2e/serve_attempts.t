#!/bin/sh
# What one attempt after another is told: edits, the delta's five lists, flaky tests, failures to come back to.
. tests/e2e/serve_lib.sh
serve

send POST /sandbox/create '{"environment":"python-3.11"}'
box=$(answer sandbox_id)
# attempt MORE: sends the block on standard input, with more members of the request.
attempt() {
	python3 -c '
import json, sys
request = json.loads(sys.argv[1])
print(json.dumps({"text": sys.stdin.read(), **request}))' "$1" >"$SCRATCH/attempt"
	ask POST "/sandbox/$box/execute" -H 'Content-Type: application/json' --data-binary "@$SCRATCH/attempt"
}

# ---- the delta ----
attempt '{"policy":{"on_failure":"keep"}}' <<'REPLY'
```python test_d.py
def test_breaks(): pass
def test_is_fixed(): assert 0
def test_stays_red(): assert 0
def test_goes(): pass
def test_is_skipped(): pass
```
REPLY
is "nothing to compare with" "$(answer delta against)" None
first=$(answer id)
attempt '{"policy":{"on_failure":"keep"}}' <<'REPLY'
```python test_d.py
import pytest
def test_breaks(): assert 0
def test_is_fixed(): pass
def test_stays_red(): assert 0
@pytest.mark.skip
def test_is_skipped(): pass
```
REPLY
is "against the attempt before" "$(answer delta against)" "$first"
is "newly failing" "$(answer delta newly_failing)" '["test_d.py > test_breaks"]'
is "fixed" "$(answer delta fixed)" '["test_d.py > test_is_fixed"]'
is "still failing" "$(answer delta still_failing)" '["test_d.py > test_stays_red"]'
is "vanished" "$(answer delta vanished)" '["test_d.py > test_goes"]'
is "newly skipped" "$(answer delta newly_skipped)" '["test_d.py > test_is_skipped"]'

# ---- the failed state, on request ----
send POST "/sandbox/$box/snapshots" '{"name":"failed"}'
send POST "/sandbox/$box/execute" '{"commands":["rm test_d.py"]}'
is "tests that did not run again are missed" "$(answer delta vanished)" '["test_d.py > test_breaks", "test_d.py > test_is_fixed", "test_d.py > test_stays_red", "test_d.py > test_is_skipped"]'
send POST "/sandbox/$box/execute" '{"commands":["ls"]}'
is "a line that did not run again is not" "$(answer delta vanished)" '[]'
send POST "/sandbox/$box/rollback" '{"snapshot":"failed"}'
is "the failed state is there again" "$(answer reverted)" '["test_d.py"]'

# ---- edits ----
send POST "/sandbox/$box/execute" '{"files":{"app.py":"def add(a, b):\n    return a - b\n"},"commands":["true"]}'
attempt '{}' <<'REPLY'
```python
app.py
<<<<<<< SEARCH
def add(a,b):
    return a * b
=======
    return a + b
>>>>>>> REPLACE
```
REPLY
is "an edit that does not fit" "$(answer verdict)" rejected
ok "the feedback says what stands there" sh -c "echo '$(answer feedback)' | grep -q 'def add(a, b):'"
attempt '{}' <<'REPLY'
```diff
--- a/app.py
+++ b/app.py
@@ -1,2 +1,2 @@
 def add(a, b):
-    return a - b
+    return a + b
```
```python test_d.py
from app import add
def test_add(): assert add(1, 2) == 3
```
REPLY
is "an edit of what is committed" "$(answer verdict)" passed

# ---- flaky ----
# It fails the first time: what it leaves in /cache outlives the rollback between the runs.
attempt '{"policy":{"rerun_failures":3}}' <<'REPLY'
```python test_d.py
import os
def test_fails_first():
    mark = "/cache/ran"
    ran = os.path.exists(mark)
    open(mark, "w").close()
    assert ran
def test_good(): pass
```
REPLY
is "a flaky test passes" "$(answer verdict)" passed
is "and is marked" "$(answer results tests 0 flaky)" True
is "the others are not" "$(answer results tests 1 flaky)" False
serve_stop
finish
