#!/usr/bin/env python3
"""A coder that tries until its tests pass: coder.py [URL], against a running `assay serve`.

The model here is a list of replies; put your own behind ask(). Everything else is what a real coder does.
"""
import json
import os
import pathlib
import sys
import urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7357"
STORY = pathlib.Path(__file__).parent / "factorial"
REPLIES = [STORY / "attempt-1.md", STORY / "attempt-2.md"]


def ask(task, feedback, attempt):
    """What the model writes; feedback is what was wrong with its last reply, None at first."""
    return REPLIES[attempt].read_text()


def post(path, body):
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("ASSAY_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


sandbox = post("/sandbox/create", {"environment": "python-3.11", "timeout": 600})["sandbox_id"]
feedback = None
for attempt in range(len(REPLIES)):
    reply = ask("Write factorial(n) with tests.", feedback, attempt)
    report = post("/execute", {"text": reply, "sandbox_id": sandbox})
    print(f"attempt {attempt + 1}: {report['verdict']}: {report['reason']}")
    if report["delta"]["fixed"]:
        print(f"  fixed: {len(report['delta']['fixed'])}")
    if report["verdict"] == "passed":
        sys.exit(0)
    feedback = report["feedback"]
    print("  " + feedback.replace("\n", "\n  "))
sys.exit(1)
