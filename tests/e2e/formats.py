#!/usr/bin/env python3
"""The shapes that users hold on to: every field there, in its type, with a word that is promised.

formats.py run|check|extract|results|events FILE...: one line for each thing that is not as promised.
A field that is added is added here as well; none is ever taken away or renamed.
"""
import json
import sys

STRING, NUMBER, COUNT, FLAG = "string", "number", "count", "flag"


def maybe(kind):
    return ("maybe", kind)


def many(kind):
    return ("many", kind)


def words(*each):
    return ("words", each)


BLOCK = {
    "index": COUNT, "language": maybe(STRING), "info": STRING, "path": maybe(STRING),
    "how": words("info", "line_above", "comment", "heading", "default", "none"),
    "role": words("code", "test", "manifest", "edit", "command", "output", "other"),
    "used": FLAG, "why_not": maybe(STRING), "line": COUNT, "closed": FLAG, "code": STRING,
}
FINDING = {
    "rule": STRING, "severity": words("info", "low", "medium", "high", "critical"),
    "action": words("block", "warn"), "cwe": maybe(STRING), "block": maybe(COUNT), "path": maybe(STRING),
    "line": maybe(COUNT), "column": maybe(COUNT), "excerpt": maybe(STRING), "message": STRING,
    "remedy": maybe(STRING),
}
TEST = {
    "name": STRING, "suite": maybe(STRING), "status": words("passed", "failed", "skipped", "error"),
    "flaky": FLAG, "duration_ms": maybe(NUMBER), "message": maybe(STRING), "file": maybe(STRING),
    "line": maybe(COUNT), "expected": maybe(STRING), "actual": maybe(STRING), "stack": maybe(STRING),
    "output": maybe(STRING),
}
RESULTS = {
    "runner": maybe(STRING), "source": words("native", "text"), "complete": FLAG,
    "summary": {"tests": COUNT, "passed": COUNT, "failed": COUNT, "skipped": COUNT, "errors": COUNT},
    "tests": many(TEST), "problems": many(STRING),
}
STREAM = {"text": STRING, "bytes": COUNT, "dropped": COUNT}
COMMAND = {
    "stage": STRING, "kind": words("install", "build", "test", "run"), "shown": maybe(STRING),
    "argv": many(STRING), "exit_code": maybe(COUNT), "signal": maybe(COUNT),
    "ended_by": words("exit", "signal", "timeout", "memory", "output", "disk", "cancel"), "ms": NUMBER,
    "cpu_ms": NUMBER, "peak_memory": COUNT, "pipe_kept": FLAG, "stdout": STREAM, "stderr": STREAM,
}
STAGES = ("extract", "validate", "plan", "open", "snapshot", "place", "install", "test", "parse", "rerun",
          "commit", "rollback", "close", "report")
VERDICTS = ("passed", "tests_failed", "rejected", "no_code", "no_tests", "install_failed", "build_failed",
            "timed_out", "out_of_memory", "crashed", "cancelled", "error")
NAMES = many(STRING)
RUN = {
    "id": maybe(STRING), "verdict": words(*VERDICTS), "phase": maybe(words(*STAGES)), "reason": maybe(STRING),
    "exit_code": maybe(COUNT), "signal": maybe(COUNT), "error": maybe(STRING),
    "environment": {"name": maybe(STRING), "tool": maybe(STRING)},
    "isolation": {"backend": maybe(STRING), "uid": maybe(COUNT), "cgroup": maybe(words("v1", "v2", "none")),
                  "seccomp": maybe(FLAG), "landlock": maybe(COUNT),
                  "network": maybe(words("none", "install-only"))},
    "stages": many({"name": words(*STAGES), "status": words("done", "failed", "skipped"), "ms": maybe(NUMBER)}),
    "usage": {"peak_memory": maybe(COUNT), "cpu_ms": maybe(NUMBER), "wall_ms": maybe(NUMBER),
              "processes": maybe(COUNT)},
    "blocks": many(BLOCK), "findings": many(FINDING), "results": maybe(RESULTS), "reruns": COUNT,
    "commands": many(COMMAND),
    "workspace": {"path": maybe(STRING), "snapshot": maybe(STRING), "revision": maybe(STRING),
                  "outcome": maybe(words("committed", "rolled_back", "kept")), "reverted": NAMES,
                  "verified": maybe(FLAG), "changes": many({"path": STRING, "change": words("added", "modified", "deleted")}),
                  "killed": maybe(COUNT), "quarantined": maybe(STRING)},
    "delta": {"against": maybe(STRING), "newly_failing": NAMES, "fixed": NAMES, "still_failing": NAMES,
              "vanished": NAMES, "newly_skipped": NAMES},
    "refused": maybe(STRING), "spool": maybe(STRING), "notes": NAMES, "feedback": maybe(STRING),
}
CHECK = {
    "blocks": many(BLOCK), "findings": many(FINDING), "verdict": words("ok", "rejected", "no_code"),
    "reason": maybe(STRING),
    "plan": maybe({"environment": STRING, "language": maybe(STRING), "files": NAMES, "install": many(NAMES),
                   "test": many(NAMES), "notes": NAMES}),
}
EVENT = {"seq": COUNT, "id": STRING, "at": STRING}
EVENTS = {
    "stage": {**EVENT, "type": STRING, "stage": words(*STAGES),
              "status": words("started", "done", "failed", "skipped"), "ms": maybe(NUMBER),
              "detail": maybe(STRING)},
    "output": {**EVENT, "type": STRING, "stage": words(*STAGES), "stream": words("stdout", "stderr"),
               "text": STRING},
    "verdict": {**EVENT, "type": STRING, "verdict": words(*VERDICTS)},
}


def is_kind(value, kind):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {STRING: isinstance(value, str), FLAG: isinstance(value, bool), NUMBER: number,
            COUNT: number and value == int(value) and value >= 0}[kind]


def faults(value, shape, at):
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{at} is no object: {value!r:.60}"
            return
        for key in shape.keys() - value.keys():
            yield f"{at}.{key} is not there"
        for key in value.keys() - shape.keys():
            yield f"{at}.{key} is promised nowhere"
        for key in shape.keys() & value.keys():
            yield from faults(value[key], shape[key], f"{at}.{key}")
    elif isinstance(shape, str):
        if not is_kind(value, shape):
            yield f"{at} is no {shape}: {value!r:.60}"
    elif shape[0] == "maybe":
        if value is not None:
            yield from faults(value, shape[1], at)
    elif shape[0] == "many":
        if not isinstance(value, list):
            yield f"{at} is no list: {value!r:.60}"
            return
        for i, item in enumerate(value):
            yield from faults(item, shape[1], f"{at}[{i}]")
    elif value not in shape[1]:
        yield f"{at} is none of its words: {value!r:.60}"


def events(lines):
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        yield from faults(event, EVENTS.get(event.get("type"), {}), f"event {number}")
        if event.get("seq") != number:
            yield f"event {number}: seq is {event.get('seq')}"


def main(what, *paths):
    shape = {"run": RUN, "check": CHECK, "extract": many(BLOCK), "results": RESULTS, "events": None}[what]
    count = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for fault in faults(json.load(file), shape, what) if shape else events(file):
                print(f"{path}: {fault}")
                count += 1
    return 1 if count or not paths else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
