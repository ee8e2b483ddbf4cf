#!/usr/bin/env python3
"""A console that is killed at any moment under load: what it has acknowledged is stored, once."""

import http.client
import json
import os
import random
import signal
import ssl
import threading
import time

from harness import Agent, Browser, Console, Tap, event, remove, scratch

ROUNDS = 300 if os.environ.get("LAZ_LONG") == "1" else 30
AGENTS = 4
BATCH = 40

tap = Tap()
work = scratch()
console = Console(work)
ends = threading.Event()
counts = {"acknowledged_twice": 0}


class Load(threading.Thread):
    """An agent that sends without pause, and again what was not acknowledged."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent = agent
        self.acknowledged = 0
        self.problem = None

    def batch(self):
        first = self.acknowledged + 1
        events = []
        for seq in range(first, first + BATCH):
            e = event("file.blocked" if seq % 7 == 0 else "agent.started", 4 if seq % 7 == 0 else 1,
                      path=f"/srv/{seq}", incident=f"actor:{seq // 100}" if seq % 7 == 0 else None, verdict="malicious")
            e["metadata"]["uid"] = f"{self.agent.name}-{seq}"
            events.append(e)
        return first, events

    def run(self):
        first, events = self.batch()
        while not ends.is_set():
            try:
                answer = self.agent.post_events(events, first=first)
                if answer.status == 503:
                    time.sleep(0.02)
                    continue
                ack = answer.json()["ack"]["seq"]
                if answer.status != 200 or ack < self.acknowledged:
                    self.problem = f"status {answer.status}, ack {ack} after {self.acknowledged}"
                    return
                self.acknowledged = ack
                first, events = self.batch()
            except (OSError, http.client.HTTPException, ssl.SSLError):
                time.sleep(0.02)


try:
    tap.check("starts", console.start())
    browser = Browser(console)
    browser.login()
    loads = []
    for n in range(AGENTS):
        agent = Agent(console, f"agent{n}")
        agent.enrol(browser.post("/api/v1/enrolment-tokens").json()["token"])
        loads.append(Load(agent))
    for load in loads:
        load.start()
    slowest = 0
    started = 0
    for _ in range(ROUNDS):
        time.sleep(random.uniform(0.02, 0.5))
        console.stop(signal.SIGKILL)
        began = time.monotonic()
        started += console.start()
        slowest = max(slowest, time.monotonic() - began)
    tap.equal(f"starts again after each of {ROUNDS} kills", ROUNDS, started)
    tap.check("in less than two seconds", slowest < 2, slowest)
    print(f"# slowest start: {slowest * 1000:.0f} ms")
    time.sleep(0.5)
    ends.set()
    for load in loads:
        load.join(45)
    tap.equal("no agent was told nonsense", [None] * AGENTS, [load.problem for load in loads])
    tap.equal("the console stops", 0, console.stop())

    db = console.database()
    total = sum(load.acknowledged for load in loads)
    tap.check("something was acknowledged", total > ROUNDS * BATCH, total)
    lost = twice = 0
    for load in loads:
        rows = db.execute("select v.raw, v.seq from event v join endpoint e on e.id = v.endpoint_id where e.uuid = ?", (load.agent.id,)).fetchall()
        uids = [json.loads(raw)["metadata"]["uid"] for raw, _ in rows]
        twice += len(uids) - len(set(uids))
        lost += len({f"{load.agent.name}-{n}" for n in range(1, load.acknowledged + 1)} - set(uids))
        twice += sum(uid != f"{load.agent.name}-{seq}" for uid, (_, seq) in zip(uids, rows))
    print(f"# {total} events acknowledged over {ROUNDS} kills")
    tap.equal("of what was acknowledged nothing is lost", 0, lost)
    tap.equal("and nothing is there twice", 0, twice)
    stored = db.execute("select count(*) from event").fetchone()[0]
    marks = db.execute("select sum(seq) from stream").fetchone()[0]
    tap.equal("the watermarks say what is there", stored, marks)
    tap.equal("incidents have counted each event once", db.execute("select count(*) from event where incident_id is not null").fetchone()[0],
              db.execute("select sum(events) from incident").fetchone()[0])
    tap.equal("the chart too", stored, db.execute("select sum(events) from activity").fetchone()[0])
    tap.equal("SQLite finds the file in order", "ok", db.execute("pragma integrity_check").fetchone()[0])
    db.close()
    audit = console.lazaret("verify-audit", "--data", str(console.data))
    tap.equal("and the audit chain is intact", 0, audit.returncode)
finally:
    ends.set()
    console.stop()
    remove(work)
tap.finish()
