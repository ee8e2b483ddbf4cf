#!/usr/bin/env python3
"""Whatever ends an update, and whenever, the old database or the new one stands there whole; a disk that is full
is told and changes nothing. Prints TAP."""
import os
import random
import signal
import subprocess
import sys
import time

from harness import LAZARET, Installation, Server, Tap, constant, rule

tap = Tap()
home = Installation()
server = Server()
dice = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 20260101)
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60


def content(number):
    """Rules of which one tells the number; enough of them that each step takes its time."""
    return rule(f"Number{number}", f"number marker {number};") + b"".join(
        rule(f"Filler{number}_{i}", f"filler marker {number} {i};") for i in range(3000))


def slowly(body):
    def route(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("ETag", f'"{hash(body)}"')
        handler.send_header("Accept-Ranges", "bytes")
        handler.end_headers()
        for i in range(0, len(body), 60000):
            handler.wfile.write(body[i:i + 60000])
            time.sleep(0.01)
    return route


def numbers():
    body = b" ".join(b"number marker %d;" % i for i in [*range(ROUNDS + 2), 1000, 1001, 1002])
    return home.scan(body)


def start_update():
    return subprocess.Popen([LAZARET, "content", "update", "--now", "--sample", "20", "--clean", home.clean, "--data",
                             home.data], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


server.routes["/rules.yar"] = slowly(content(0))
assert home.run("add", "yara-package", server.url + "/rules.yar", "--id", "rules").returncode == 0
begin = time.monotonic()
home.update()
whole = time.monotonic() - begin
tap.equal("the first database is there", ["Number0"], numbers())
print(f"# an update takes {whole:.2f} s")
last, broken, changed = 0, [], 0
for i in range(1, ROUNDS + 1):
    server.routes["/rules.yar"] = slowly(content(i))
    update = start_update()
    time.sleep(dice.uniform(0, whole * 2.5))
    update.send_signal(signal.SIGKILL)
    update.wait()
    found = numbers()
    state = home.run("list", "--json")
    if len(found) != 1 or state.returncode != 0:
        broken.append((i, found, state.stderr))
        continue
    number = int(found[0].removeprefix("Number"))
    if number < last or number > i:
        broken.append((i, "went back", last, number))
    changed += number != last
    last = number
tap.equal(f"{ROUNDS} updates that were killed left the old database or the new one, and a registry", [], broken)
tap.check("some of them had come to put the new one in place", changed > 0)
server.routes["/rules.yar"] = slowly(content(ROUNDS + 1))
done = home.update("--now")
tap.equal("the next one goes through", [0, [f"Number{ROUNDS + 1}"]], [done.returncode, numbers()])
tap.equal("and leaves nothing beside", set(),
          {p.name for p in (home.data / "db").iterdir()} - {"current.lzdb", "previous.lzdb", "older.lzdb", "sources.json"})
tap.equal("nor half downloads", {"content", "good"}, {p.name for p in (home.data / "content" / "rules").iterdir()})
done = home.run("back")
tap.check("what was before can be had back", done.returncode == 0 and len(numbers()) == 1 and
          numbers() != [f"Number{ROUNDS + 1}"], (done.stderr, numbers()))

# ---------------------------------------------------------------- killed between the steps of the swap
db = home.data / "db"
for step in range(3):
    home.update("--now")
    current = numbers()
    (db / "next.lzdb").write_bytes(b"half")
    if step > 0:
        (db / "previous.lzdb").rename(db / "older.lzdb")
    if step > 1:
        os.link(db / "current.lzdb", db / "previous.lzdb")
    done = home.run("back")
    tap.check(f"ended after {step} steps of the swap: the last one before is still found",
              done.returncode == 0 and numbers() != [] and (db / "next.lzdb").read_bytes() == b"half", done.stderr)
    done = home.run("back")
    tap.equal(f"ended after {step} steps: and the newer one again", current, numbers())
    server.routes["/rules.yar"] = slowly(content(1000 + step))
    done = home.update("--now")
    tap.check(f"ended after {step} steps: the next update goes through", done.returncode == 0 and
              not (db / "next.lzdb").exists(), done.stderr)

# ---------------------------------------------------------------- two at once
first = start_update()
second = start_update()
tap.equal("two updates at once wait for one another", [0, 0], [first.wait(120), second.wait(120)])
home.remove()

# ---------------------------------------------------------------- a full disk
if os.geteuid() == 0:
    home = Installation()
    home.data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "lazaret-test", home.data], check=True)
    try:
        server.routes["/rules.yar"] = constant(rule("Number0", "number marker 0;"))
        assert home.run("add", "yara-package", server.url + "/rules.yar", "--id", "rules").returncode == 0
        home.update()
        tap.equal("on a disk with room an update goes through", ["Number0"], numbers())
        for room in (0, 30_000, 150_000, 400_000, 900_000):
            filler = home.data / "filler"
            free = os.statvfs(home.data)
            with open(filler, "wb") as f:
                f.write(b"x" * max(0, free.f_bavail * free.f_frsize - room))
            server.routes["/rules.yar"] = constant(rule("Number1", f"number marker 1; {room}") + content(1))
            done = home.update("--now")
            tap.check(f"with {room} bytes left: it is told, or the source is, and the database stays",
                      numbers() == ["Number0"] and (done.returncode == 2 or home.source("rules")["error"] != "") and
                      done.stderr.startswith("lazaret: "), (done.returncode, done.stderr, numbers()))
            filler.unlink()
        server.routes["/rules.yar"] = constant(rule("Number2", "number marker 2;"))
        done = home.update("--now")
        tap.equal("with room again it goes through", [0, ["Number2"]], [done.returncode, numbers()])
    finally:
        subprocess.run(["umount", home.data])
    home.remove()
tap.finish()
