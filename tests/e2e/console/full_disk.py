#!/usr/bin/env python3
"""A console whose disk is full: it acknowledges nothing that it cannot keep, stays up, and goes on when there is
room again."""

import os
import subprocess

from harness import Agent, Browser, Console, Tap, event, remove, scratch

tap = Tap()
work = scratch()
if os.geteuid() != 0:
    print("ok 1 - a full disk # SKIP needs root to mount a small file system")
    print("1..1")
    remove(work)
    raise SystemExit(0)

subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", str(work)], check=True)
console = Console(work)
filler = work / "filler"
try:
    tap.check("a console starts on a small disk", console.start(), console.logged())
    browser = Browser(console)
    browser.login()
    agent = Agent(console)
    agent.enrol(browser.post("/api/v1/enrolment-tokens").json()["token"])

    def send():
        return agent.post_events([event("file.blocked", 4, path=f"/srv/{agent.seq + n}", incident="actor:1", verdict="malicious") for n in range(200)])

    tap.equal("it takes events", 200, send().status)
    try:
        with open(filler, "wb", buffering=0) as f:
            while f.write(b"x" * 4096) == 4096:
                pass
    except OSError:
        pass
    answers = []
    for _ in range(60):
        answers.append(send())
        if answers[-1].status != 200:
            break
    acknowledged = agent.seq
    tap.check("when the disk is full it says so", answers[-1].status == 503 and answers[-1].code() == "events.not_stored", answers[-1].body)
    tap.check("and when to come again", answers[-1].headers["Retry-After"], answers[-1].headers)
    tap.check("people can still look", browser.get("/api/v1/incidents").status == 200)
    tap.equal("it is still there", 200, browser.get("/healthz").status)
    filler.unlink()
    tap.equal("with room it takes what it refused", 200, send().status)
    tap.equal("and has lost nothing", acknowledged + 200, agent.seq)
    database = console.database()
    stored = database.execute("select count(*), count(distinct seq) from event").fetchone()
    database.close()
    tap.equal("nor counted anything twice", (agent.seq, agent.seq), stored)
    tap.equal("it ends cleanly", 0, console.stop())
finally:
    console.stop()
    subprocess.run(["umount", str(work)], check=False)
    remove(work)
tap.finish()
