#!/usr/bin/env python3
"""What a console cannot start on, it says, with a way out; and without root it runs as it is."""

import os
import socket
import sqlite3
import subprocess

from harness import BUILD, Browser, Console, Tap, remove, scratch

tap = Tap()
work = scratch()
daemon = str(BUILD / "lazaret-consoled")


def refused(text, words, *arguments, user=None):
    command = [daemon, *arguments]
    if user is not None:
        command = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    line = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    good = done.returncode == 2 and line.startswith("lazaret: ") and all(w in line for w in words)
    tap.check(text, good, f"exit {done.returncode}: {done.stderr}")


def run_arguments(data, port=0, agent_port=0):
    return ["run", "--data", str(data), "--listen", f"127.0.0.1:{port}", "--agent-listen", f"127.0.0.1:{agent_port}"]


try:
    refused("without a folder", ["--data", "is missing"], "run")
    refused("with an unknown option", ["--odd", "--help"], "run", "--odd")
    refused("with an option without its value", ["--listen", "needs a value"], "run", "--data", str(work / "x"), "--listen")
    refused("with a number out of bounds", ["--session-idle", "from 1 to 24"], "run", "--data", str(work / "x"), "--session-idle", "99")
    refused("without a command", ["only 'run'"], "--data", str(work / "x"))
    refused("with an address that is none", ["127.0.0.1:8443"], "run", "--data", str(work / "x"), "--listen", "here")
    refused("with an address of another machine", ["192.0.2.1:8443", "--listen"], "run", "--data", str(work / "x"), "--listen", "192.0.2.1:8443")
    refused("on a folder that is a file", [str(work / "file")], *run_arguments(work / "file")) if (work / "file").write_text("") == 0 else None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused("when the page's port is in use", [f"127.0.0.1:{port}", "another program", "--listen"], *run_arguments(work / "x", port))
        refused("when the agents' port is in use", [f"127.0.0.1:{port}", "--agent-listen"], *run_arguments(work / "x", 0, port))

    console = Console(work)
    tap.check("a console starts", console.start(), console.logged())
    refused("a second one on its folder", ["another console", "--data"], *run_arguments(console.data))
    tap.equal("and the first goes on", 200, Browser(console).get("/healthz").status)
    console.stop()

    owner = console.data.stat()
    database = console.data / "lazaret.sqlite"
    with sqlite3.connect(database) as db:
        db.execute("pragma wal_checkpoint(truncate)")
        version = db.execute("pragma user_version").fetchone()[0]
        db.execute(f"pragma user_version = {version + 1}")
    refused("on a database of a newer version", [str(database)], *run_arguments(console.data))
    with sqlite3.connect(database) as db:
        db.execute(f"pragma user_version = {version}")
    tap.check("and on it again when it is put right", console.start(), console.logged())
    console.stop()
    whole = database.read_bytes()
    for name in ("lazaret.sqlite-wal", "lazaret.sqlite-shm"):
        (console.data / name).unlink(missing_ok=True)
    database.write_bytes(b"not a database, but long enough to look like one" * 200)
    refused("on a damaged database", [str(database), "backup"], *run_arguments(console.data))
    database.write_bytes(whole)
    key = console.data / "ca/root.key"
    kept = key.read_bytes()
    key.write_text("no key")
    refused("on a damaged key", ["lazaret: "], *run_arguments(console.data))
    key.write_bytes(kept)
    tap.check("and starts when all is there again", console.start(), console.logged())
    console.stop()

    if os.geteuid() == 0:
        work.chmod(0o755)
        locked = work / "locked"
        locked.mkdir(mode=0o555)
        refused("on a folder that this user cannot write", [str(locked), "--data"], *run_arguments(locked), user=65534)
        plain = work / "plain"
        plain.mkdir()
        os.chown(plain, 65534, 65534)
        user = Console(plain)
        user.command = lambda: ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *Console.command(user)]
        tap.check("without root it runs as it is", user.start(), user.logged())
        tap.equal("and lets the administrator in", 200, Browser(user).login().status)
        reset = user.lazaret("reset-admin", "--data", str(user.data))
        tap.check("root may reset its administrator", reset.returncode == 0, reset.stderr)
        tap.equal("and changes no owner", {65534}, {p.stat().st_uid for p in user.data.rglob("*")})
        user.stop()
        tap.check("and it starts again", user.start(), user.logged())
        user.stop()
        stranger = subprocess.run(["setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups", str(BUILD / "lazaret"),
                                   "console", "reset-admin", "--data", str(user.data)], capture_output=True, text=True)
        tap.check("a stranger may not", stranger.returncode == 2 and stranger.stderr.startswith("lazaret: "), stranger.stderr)

    missing = console.lazaret("reset-admin", "--data", str(work / "nowhere"))
    tap.check("reset-admin without a console says so", missing.returncode == 2 and "--data" in missing.stderr, missing.stderr)
    tap.check("an unknown action is refused", console.lazaret("dance").returncode == 2)
    tap.check("--help helps", "reset-admin" in console.lazaret("--help").stdout and "--listen" in subprocess.run([daemon, "--help"], capture_output=True, text=True).stdout)
finally:
    remove(work)
tap.finish()
