"""What a program leaves on the host: processes, mounts, control groups, unfinished work, files."""

import ctypes
import hashlib
import os
import pathlib
import stat
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36

# Seconds. Only a failing test waits as long.
PATIENCE = 120


def adopt_orphans():
    """From now on whoever loses its parent below us becomes our child, and cannot hide."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    """(parent, start time, state), None when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[1]), int(fields[19]), fields[0]


def _namespace(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


class Family:
    """
    Every process seen below one, and every process of a pid namespace that one of them made. The namespaces are
    held open: the number of one that is gone is soon that of somebody else's.
    """

    def __init__(self, root):
        self.root = root
        self.seen = {}
        self.namespaces = {}
        self.own = _namespace("self")

    def look(self):
        table = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
        children = {}
        for pid, entry in table.items():
            if entry:
                children.setdefault(entry[0], []).append(pid)
        todo = [self.root]
        while todo:
            for pid in children.get(todo.pop(), []):
                self.seen[pid] = table[pid][1]
                todo.append(pid)
                space = _namespace(pid)
                if space and space != self.own and space not in self.namespaces:
                    self.hold(pid)

    def hold(self, pid):
        try:
            held = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        space = os.readlink(f"/proc/self/fd/{held}")
        if space == self.own or space in self.namespaces:
            os.close(held)
        else:
            self.namespaces[space] = held

    def __del__(self):
        for held in self.namespaces.values():
            os.close(held)

    def survivors(self):
        left = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            entry = _stat(name)
            if not entry or entry[2] in "ZX" or int(name) == os.getpid():
                continue
            if self.seen.get(int(name)) == entry[1] or _namespace(name) in self.namespaces:
                left.append(int(name))
        return left


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def remaining(family):
    """
    The processes that do not go: a busy machine takes its time to end them. Orphans are our children
    (adopt_orphans), those too that started and lost their parent between two looks.
    """
    family.root = os.getpid()
    family.look()
    end = time.monotonic() + PATIENCE
    while True:
        reap()
        left = family.survivors()
        if not left or time.monotonic() > end:
            return [describe(pid) for pid in left]
        time.sleep(0.02)


def describe(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return f"process {pid} {b' '.join(words).decode(errors='replace')[:80]}"
    except OSError:
        return f"process {pid}"


def every_control_group():
    return {
        os.path.join(folder, name)
        for folder, names, _ in os.walk("/sys/fs/cgroup")
        for name in names
        if name.startswith("assay-")
    }


# Of programs before this one, killed in another state folder: a process id comes back.
OLD_GROUPS = every_control_group()


def control_groups(pid):
    mine = (group for group in every_control_group() - OLD_GROUPS if f"/assay-{pid}-" in group)
    return ["control group " + group for group in sorted(mine)]


def mounts(*words):
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return ["mount " + line for line in lines if any(word in line for word in words)]


def unfinished(state):
    return [
        "unfinished " + str(entry)
        for kind in ("building", "commits", "engines")
        for entry in (pathlib.Path(state) / kind).glob("*")
    ]


def listing(folder):
    return sorted(str(entry) for entry in pathlib.Path(folder).rglob("*"))


def digest(folder):
    """Names, kinds, modes and contents; not times, which a first commit cannot know beforehand."""
    total = hashlib.sha256()
    for entry in sorted(pathlib.Path(folder).rglob("*")):
        info = entry.lstat()
        total.update(f"{entry.relative_to(folder)} {info.st_mode:o}\0".encode())
        if stat.S_ISREG(info.st_mode):
            total.update(entry.read_bytes())
        elif stat.S_ISLNK(info.st_mode):
            total.update(os.readlink(entry).encode())
    return total.hexdigest()


def main():
    """traces.py SECONDS FILE COMMAND...: its exit status (124: too long); FILE gets what it left."""
    seconds, out, command = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
    state, temporary = os.environ["ASSAY_STATE_DIR"], os.environ["TMPDIR"]
    adopt_orphans()
    child = subprocess.Popen(command)
    family = Family(child.pid)
    family.look()
    try:
        status = child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        family.look()
        child.kill()
        status = 124
    left = remaining(family)
    left += control_groups(child.pid) + mounts(state, temporary) + unfinished(state)
    left += ["file " + name for name in listing(temporary)]
    pathlib.Path(out).write_text("".join(line + "\n" for line in left))
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
