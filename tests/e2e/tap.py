"""TAP from a Python script: a line for each thing that must hold, a plan at the end."""

import sys

_number = _failures = 0


def ok(passed, what, details=()):
    """details: what is known about a failure, of which the first 40 lines are printed."""
    global _number, _failures
    _number += 1
    _failures += not passed
    print(f"{'ok' if passed else 'not ok'} {_number} - {what}")
    for line in [] if passed else list(details)[:40]:
        print(f"# {line}")
    sys.stdout.flush()


def equal(what, got, want):
    ok(got == want, what, [f"got:  {got}", f"want: {want}"])


def end():
    """Prints the plan and leaves."""
    print(f"1..{_number}")
    sys.exit(_failures != 0)
