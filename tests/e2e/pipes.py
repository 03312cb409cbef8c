"""Pipes that do not block, as a parent leaves them that uses them itself: nothing of a report is lost.

    python3 tests/e2e/pipes.py ASSAY
"""
import array
import fcntl
import os
import subprocess
import sys
import termios
import time

assay = sys.argv[1]
failed = 0


def pipe_without_blocking():
    ends = os.pipe()
    for end in ends:
        fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_NONBLOCK)
    return ends


def waiting_in(end):
    count = array.array("i", [0])
    fcntl.ioctl(end, termios.FIONREAD, count)
    return count[0]


def read_all(end):
    os.set_blocking(end, True)
    with os.fdopen(end, "rb") as file:
        return file.read()


def check(number, text, good):
    global failed
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {text}")


reply = b"```python\n" + b"x = 1  # a line that makes the reply long\n" * 20000 + b"```\n"
whole = subprocess.run([assay, "extract"], input=reply, capture_output=True, check=True).stdout

print("TAP version 13")
read_end, write_end = pipe_without_blocking()
process = subprocess.Popen([assay, "extract"], stdin=subprocess.PIPE, stdout=write_end)
os.close(write_end)
process.stdin.write(reply)
process.stdin.close()
half = fcntl.fcntl(read_end, fcntl.F_GETPIPE_SZ) // 2
while waiting_in(read_end) < half and process.poll() is None:
    time.sleep(0.01)
check(1, "who reads late reads all", read_all(read_end) == whole and process.wait() == 0)

read_end, write_end = pipe_without_blocking()
process = subprocess.Popen([assay, "extract"], stdin=read_end, stdout=subprocess.PIPE)
os.close(read_end)
time.sleep(0.2)
os.set_blocking(write_end, True)
with os.fdopen(write_end, "wb") as file:
    try:
        file.write(reply)
    except BrokenPipeError:
        pass
check(2, "who writes late is read whole", process.communicate()[0] == whole)
print("1..2")
sys.exit(failed > 0)
