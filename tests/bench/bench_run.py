"""Whole commands: extraction against cmark, `assay run` against plain pytest, memory on a 4 MiB reply.

Usage: bench_run.py ASSAY SCRATCH. The two sides alternate within one run; medians are compared.
"""

import os
import statistics
import subprocess
import sys
import time

ASSAY, SCRATCH = os.path.abspath(sys.argv[1]), sys.argv[2]

CODE = "def add(a, b):\n    return a + b\n"
TEST = "from add import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n"


def timed(argv, **options):
    start = time.perf_counter()
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return (time.perf_counter() - start) * 1000, done.returncode


def alternate(rounds, *sides):
    """The median of each side in milliseconds; every side must end with 0."""
    times = [[] for _ in sides]
    for round_ in range(rounds + 2):
        for index, side in enumerate(sides):
            ms, status = side()
            if status != 0:
                sys.exit(f"side {index} of a bench ended with {status}")
            if round_ >= 2:  # the first two warm caches up
                times[index].append(ms)
    return [statistics.median(side) for side in times]


def long_reply(size):
    section = (
        "Some words about the *next* part, with `code` and a [link](http://example.com/).\n\n"
        "- one item\n- another item\n\n**pkg/module_%d.py**\n\n```python\n"
        + "def function(argument):\n    return [argument, 'text', 42]  # a comment\n\n" * 12
        + "```\n\n"
    )
    text, number = [], 0
    while size > 0:
        text.append(section % number)
        size -= len(text[-1])
        number += 1
    return "".join(text)


def extraction():
    for megabytes in (1, 2, 4, 8):
        path = os.path.join(SCRATCH, f"reply-{megabytes}.md")
        with open(path, "w") as file:
            file.write(long_reply(megabytes << 20))
        ours, theirs = alternate(
            7, lambda: timed([ASSAY, "extract", path]), lambda: timed(["cmark", path])
        )
        print(
            f"extract {megabytes} MiB: {ours:.1f} ms, cmark {theirs:.1f} ms: "
            f"{ours / theirs:.2f}x cmark (wanted: 1.3x at most)"
        )


def pytest_reply():
    plain = os.path.join(SCRATCH, "plain")
    os.makedirs(plain)
    for name, text in (("add.py", CODE), ("test_add.py", TEST)):
        with open(os.path.join(plain, name), "w") as file:
            file.write(text)
    reply = os.path.join(SCRATCH, "reply.md")
    with open(reply, "w") as file:
        file.write(f"`add.py`\n```python\n{CODE}```\n\n`test_add.py`\n```python\n{TEST}```\n")

    _, status = timed([ASSAY, "run", reply])  # the first run installs pytest; that is not measured
    if status != 0:
        sys.exit("assay run of the pytest reply did not pass")
    venv = os.path.join(SCRATCH, "venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([f"{venv}/bin/pip", "install", "-q", "pytest"], check=True)
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    ours, theirs = alternate(
        25,
        lambda: timed([ASSAY, "run", reply]),
        lambda: timed([f"{venv}/bin/pytest", "-p", "no:cacheprovider"], cwd=plain, env=env),
    )
    print(
        f"assay run of one pytest test: {ours:.1f} ms, plain pytest {theirs:.1f} ms: "
        f"{ours - theirs:+.1f} ms, {ours / theirs:.2f}x (wanted: +20 ms at most)"
    )


def memory():
    path = os.path.join(SCRATCH, "reply-4.md")
    child = subprocess.Popen(
        [ASSAY, "check", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(child.pid, 0)
    print(f"resident memory on a 4 MiB reply: {usage.ru_maxrss / 1024:.1f} MiB (wanted: under 32)")


extraction()
pytest_reply()
memory()
