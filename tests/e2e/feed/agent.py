#!/usr/bin/env python3
"""A running agent takes new content within seconds, while files are opened all the time: no open is lost, held
too long or answered by nobody; content that cannot be used leaves it with what it has. Prints TAP."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

from harness import BUILD, LAZARET, Installation, Server, Tap, constant, rule, wait_for

tap = Tap()
if os.geteuid() != 0:
    print("ok 1 - a running agent takes new content # SKIP needs root")
    print("1..1")
    raise SystemExit
home = Installation()
server = Server()
disk = home.root / "disk"
image = home.root / "disk.img"
with image.open("wb") as f:
    f.truncate(64 << 20)
subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
disk.mkdir()
subprocess.run(["mount", "-o", "loop", image, disk], check=True)


def refused(body):
    """Whether a new file of these bytes may not be opened: then it goes to quarantine."""
    path = disk / f"probe{time.monotonic_ns()}"
    path.write_bytes(body)
    try:
        path.read_bytes()
        path.unlink()
        return False
    except (PermissionError, FileNotFoundError):
        return True


def target_refused():
    try:
        return not target.read_bytes()
    except (PermissionError, FileNotFoundError):
        return True


def counters():
    done = subprocess.run([LAZARET, "agent", "status", "--json", "--data", home.data / "agent"], capture_output=True,
                          text=True)
    return json.loads(done.stdout)


def workers():
    done = subprocess.run(["pgrep", "-P", str(agent.pid), "-x", "lazaret-worker"], capture_output=True, text=True)
    return sorted(done.stdout.split())


class Reader(threading.Thread):
    """Opens clean files as fast as it can."""

    def __init__(self, number):
        super().__init__()
        self.number, self.reads, self.failures, self.slowest = number, 0, [], 0.0
        self.running = True

    def run(self):
        while self.running:
            path = disk / f"clean{self.number}-{self.reads}"
            path.write_bytes(b"nothing to see %d\n" % self.reads)
            start = time.monotonic()
            try:
                path.read_bytes()
            except OSError as error:
                self.failures.append(error)
            self.slowest = max(self.slowest, time.monotonic() - start)
            path.unlink()
            self.reads += 1


agent = None
try:
    log = open(home.root / "agent.err", "wb+")
    agent = subprocess.Popen([BUILD / "lazaret-agentd", "run", "--data", home.data / "agent", "--protect", disk,
                              "--log-level", "info"], stdout=subprocess.PIPE, stderr=log, text=True)
    line = agent.stdout.readline()
    tap.check("the agent guards, with the database of the build", line.startswith("guarding"), line)
    target = disk / "target"
    target.write_bytes(b"here is the second marker\n")
    tap.check("a file without a rule opens", target.read_bytes() != b"")
    readers = [Reader(i) for i in range(4)]
    for r in readers:
        r.start()

    # The first update makes a database at a better place than the one in use.
    server.routes["/rules.yar"] = constant(rule("Second", "second marker"))
    assert home.run("add", "yara-package", server.url + "/rules.yar", "--id", "rules").returncode == 0
    before = workers()
    done = home.update()
    start = time.monotonic()
    tap.equal("an update beside a running agent succeeds", 0, done.returncode)
    tap.check("within seconds the file is refused, though it was remembered as clean",
              wait_for(15, target_refused), log.seek(0) or log.read())
    print(f"# after {time.monotonic() - start:.1f} s")
    tap.check("all workers are new ones", wait_for(10, lambda: len(workers()) == len(before) and
              not set(workers()) & set(before)), (before, workers()))
    rounds = []
    for i in range(8):
        server.routes["/rules.yar"] = constant(rule("Second", "second marker") + rule(f"R{i}", f"round marker {i}"))
        home.update()
        rounds.append(wait_for(15, lambda: refused(b"round marker %d\n" % i)))
    tap.equal("eight updates in a row are taken, one after another", [True] * 8, rounds)
    tap.check("what left the content is let go", not refused(b"round marker 3\n"))
    done = home.run("back")
    tap.check("content that is taken back is let go", done.returncode == 0 and
              wait_for(15, lambda: not refused(b"round marker 7\n")), done.stderr)
    for r in readers:
        r.running = False
    for r in readers:
        r.join()
    reads = sum(r.reads for r in readers)
    tap.check(f"all the while clean files opened ({reads})", reads > 100 and not any(r.failures for r in readers),
              [r.failures[:3] for r in readers])
    print(f"# the slowest open took {max(r.slowest for r in readers) * 1000:.0f} ms")
    state = counters()
    log.seek(0)
    text = log.read().decode()
    tap.equal("no hold ran out and no worker died", [0, 0],
              [state["counters"].get("holds_expired"), state["counters"].get("workers_died")])
    tap.check("the state names the content's time", abs(state["content"]["built"] / 1000 -
              home.db.stat().st_mtime) < 2, state["content"])

    server.routes["/rules.yar"] = lambda handler: handler.send(403, b"")
    home.update("--now")
    found = wait_for(10, lambda: (lambda c: c if c.get("failing") else None)(counters()["content"])) or {}
    tap.check("and how its sources are", found.get("sources") == 1 and found.get("failing") == 1 and
              "refuses us" in found.get("problem", "") and found.get("held") is False, found)

    # Something that is no database: the agent goes on with the one that it has.
    bad = home.db.with_name("bad")
    bad.write_bytes(b"LAZDB" + os.urandom(5000))
    known = b"here is the second marker, again\n"
    now = workers()
    bad.rename(home.db)
    tap.check("content that no worker can use is refused", wait_for(10, lambda: (log.seek(0), log.read())[1].count(
        b"content.refused") >= len(now)), text)
    tap.check("and the agent goes on with what it has", refused(known))
    os.kill(int(now[0]), signal.SIGKILL)
    tap.check("also when a worker dies and another takes its place", wait_for(10, lambda: len(workers()) == len(now)) and
              refused(known))
    time.sleep(0.5)
    tap.check("and still", refused(known))
finally:
    if agent:
        agent.terminate()
        agent.wait(20)
    subprocess.run(["umount", disk])
home.remove()
tap.finish()
