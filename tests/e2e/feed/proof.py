#!/usr/bin/env python3
"""A new database is proved before it takes the old one's place: on clean files, on test samples, by its speed;
and it is taken back by one command. Prints TAP."""
import hashlib
import os
import pathlib
import stat
import subprocess

from harness import Installation, LAZARET, Server, Tap, constant, rule

tap = Tap()
home = Installation()
server = Server()
EICAR = "".join(["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTI", "VIRUS-TEST-FILE!$H+H*"]).encode()


def add(kind, location, name):
    done = home.run("add", kind, location, "--id", name)
    assert done.returncode == 0, done.stderr


def drop(name):
    assert home.run("remove", name).returncode == 0


def links():
    """What stands in the folder of databases, by its file."""
    return {p.name: p.stat().st_ino for p in (home.data / "db").iterdir()}


# ---------------------------------------------------------------- clean files
server.routes["/mixed.yar"] = constant(rule("Sound", "sound marker") + rule("Careless", "a clean file") +
                                       b"rule Uses { condition: Careless and filesize < 10000 and filesize > 9000 }\n")
add("yara-package", server.url + "/mixed.yar", "mixed")
done = home.update()
tap.equal("an update goes on without the rule that fires on clean files", 0, done.returncode)
tap.check("the rule is named, with a file", "Careless fires on" in done.stderr and "left out" in done.stderr, done.stderr)
tap.equal("it does not fire any more", [], home.scan(b"a clean file, number 1\n"))
tap.equal("the others of its source do", ["Sound"], home.scan(b"sound marker"))
tap.equal("and so do rules that ask for it", ["Uses"], home.scan(b"a clean file" + b" " * 9500))
tap.equal("it is counted", [1, 1], [home.source("mixed")["left_out"], home.state()["left_out"]])
server.routes["/mixed.yar"] = constant(rule("Sound", "sound marker"))
home.update()
careless = b"".join(b"rule Careless%d { condition: filesize == %d }\n" % (i, i) for i in range(18, 50))
server.routes["/mixed.yar"] = constant(rule("New", "new marker") + careless +
                                       b"".join(b"rule All%d { condition: filesize < 100 }\n" % i for i in range(8)))
done = home.update("--left-out-max", "5")
tap.check("a source with many such rules is refused", "more than 5 of its rules fire" in home.source("mixed")["error"],
          (done.stderr, home.source("mixed")))
tap.equal("what it had before is used", [["Sound"], []], [home.scan(b"sound marker"), home.scan(b"new marker" * 20)])
done = home.update("--left-out-max", "5")
tap.equal("and it is not tried again before it changes", [0, ""], [done.returncode, done.stderr])
server.routes["/mixed.yar"] = constant(rule("Better", "better marker"))
home.update("--left-out-max", "5")
tap.equal("when it has changed it is", ["Better"], home.scan(b"better marker"))
lists = home.root / "lists"
lists.mkdir()
clean = (home.clean / "file3").read_bytes()
(lists / "own.hsb").write_text(f"{hashlib.sha256(clean).hexdigest()}:{len(clean)}:Test.TakenForMalware\n"
                               f"{hashlib.sha256(b'bad').hexdigest()}:3:Test.Bad\n")
add("folder", lists, "lists")
done = home.update()
tap.equal("a hash of a clean file does not count", [], home.scan(clean))
tap.check("the other hashes of its list do", any("Test.Bad" in n for n in home.scan(b"bad")), done.stderr)
drop("lists")

# ---------------------------------------------------------------- test samples
before = links()["current.lzdb"]
(lists / "own.hsb").unlink()
(lists / "quiet.ign2").write_text("Test_EICAR\nTest.EICAR\n")
(lists / "other.yar").write_bytes(rule("Other", "other marker"))
add("folder", lists, "lists")
done = home.update()
tap.check("a database that does not find the test files is refused", done.returncode == 2 and "EICAR" in done.stderr,
          done.stderr)
tap.equal("and the one in use stays", before, links()["current.lzdb"])
tap.check("nothing is left beside it", "next.lzdb" not in links(), links())
drop("lists")

# ---------------------------------------------------------------- speed
letters = "etaoinshrdl "
server.routes["/slow.yar"] = constant("".join(
    f'rule Slow{i}_{j} {{ strings: $a = "{a}{b}" nocase condition: #a == 99999999 }}\n'
    for i, a in enumerate(letters) for j, b in enumerate(letters)).encode())
(home.clean / "long").write_bytes(b"the rain in spain stays in the letters that are seen on all lines and ends\n" * 30000)
add("yara-package", server.url + "/slow.yar", "slow")
done = home.update("--slower-max", "2", "--fast-enough", "100G")
tap.check("a database that is much slower is refused", done.returncode == 2 and "times slower" in done.stderr, done.stderr)
tap.equal("and the one in use stays", before, links()["current.lzdb"])
done = home.update("--slower-max", "2", "--fast-enough", "1", "--dry-run")
tap.equal("unless it is fast enough all the same", 0, done.returncode)
drop("slow")

# ---------------------------------------------------------------- dry run
server.routes["/mixed.yar"] = constant(rule("Dry", "dry marker"))
done = home.update("--dry-run")
tap.equal("a dry run changes no database", [0, before, []],
          [done.returncode, links()["current.lzdb"], home.scan(b"dry marker")])
home.update()
tap.equal("what it fetched is used by the next run", ["Dry"], home.scan(b"dry marker"))

# ---------------------------------------------------------------- back
first = links()["current.lzdb"]
server.routes["/mixed.yar"] = constant(rule("Regretted", "regretted marker"))
home.update()
second = links()["current.lzdb"]
done = home.run("back")
tap.equal("one command takes it back", [0, first, second],
          [done.returncode, links()["current.lzdb"], links()["previous.lzdb"]])
tap.equal("then the old rules hold", [["Dry"], []], [home.scan(b"dry marker"), home.scan(b"regretted marker")])
server.routes["/mixed.yar"] = constant(rule("Later", "later marker"))
home.run("update", "--due", "--sample", "0")
tap.equal("the timer does not put it in again", first, links()["current.lzdb"])
tap.check("the list says so", home.state()["held"] != "" and "taken back" in home.run("list").stdout)
home.run("back")
tap.equal("done again it undoes itself", [second, ""], [links()["current.lzdb"], home.state()["held"]])
home.run("back")
home.update()
tap.equal("an update by hand goes on", ["Later"], home.scan(b"later marker"))
tap.check("two databases from before are kept", {"previous.lzdb", "older.lzdb"} <= set(links()), links())

# ---------------------------------------------------------------- as others see it
tap.equal("everybody may read the database", 0o644, stat.S_IMODE(home.db.stat().st_mode))
tap.check("our own rules are in every database", home.scan(EICAR) != [])
conf = home.data / "content" / "sources.conf"
text = conf.read_text()
for line, bad in ((9, "kind = nonsense"), (9, "every = often"), (9, "[mixed"), (9, "enabled")):
    lines = text.split("\n")
    lines.insert(line - 1, bad)
    conf.write_text("\n".join(lines))
    done = home.run("list")
    tap.check(f"a registry with '{bad}' is refused with its line", done.returncode == 2 and
              f"sources.conf:{line}:" in done.stderr and done.stderr.startswith("lazaret: "), done.stderr)
conf.write_text(text)
tap.equal("each wrong command is told", [2] * 6, [home.run(*words).returncode for words in (
    ["add"], ["add", "nothing", "/x"], ["add", "list", "/there/is/none"], ["remove", "none"], ["update", "--only", "none"],
    ["enable"])])
home.run("disable", "mixed")
home.update()
tap.equal("a source that is disabled leaves the database", [], home.scan(b"later marker"))

home.remove()
tap.finish()
