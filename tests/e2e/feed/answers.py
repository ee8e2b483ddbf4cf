#!/usr/bin/env python3
"""Each answer that a server may give, and what becomes of the source and of the database. Prints TAP."""
import base64
import email.utils
import gzip
import hashlib
import time

from harness import Installation, Server, Tap, constant, make_certificate, rule, with_etag

tap = Tap()
home = Installation()
server = Server()


def add(name, kind="yara-package", path=None, *options):
    done = home.run("add", kind, server.url + (path or f"/{name}.yar"), "--id", name, *options)
    assert done.returncode == 0, done.stderr


def drop(name):
    assert home.run("remove", name).returncode == 0


def waits(name, least, most):
    """Seconds from the last look to the next one lie between."""
    s = home.source(name)
    span = stamp(s["next"]) - stamp(s["checked"])
    return least <= span <= most


def stamp(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


# ---------------------------------------------------------------- 200, 304, change
server.routes["/good.yar"] = with_etag(rule("First", "first marker"), '"one"')
add("good")
done = home.update()
tap.equal("an update with a new source succeeds", 0, done.returncode)
tap.check("its rule is in the database", home.scan(b"here is the first marker") == ["First"], done.stderr)
tap.check("our own rules are in it too", home.db.exists())
tap.equal("the source is fresh", "fresh", home.source("good")["outcome"])
before = home.db.stat().st_ino
done = home.update()
tap.equal("asked again with what we have, it answers that nothing changed", "same", home.source("good")["outcome"])
tap.equal("and was asked by its ETag", '"one"', server.asked("/good.yar")[-1].headers.get("If-None-Match"))
tap.equal("then the database stays the same file", before, home.db.stat().st_ino)
tap.check("no encoding is asked for", server.requests[-1].headers.get("Accept-Encoding") == "identity")
server.routes["/good.yar"] = with_etag(rule("Second", "second marker"), '"two"')
home.update()
tap.equal("new content replaces the old", [["Second"], []],
          [home.scan(b"second marker"), home.scan(b"first marker")])
drop("good")
home.update()
tap.equal("what is removed leaves the database", [], home.scan(b"second marker"))

# ---------------------------------------------------------------- by date
body, date = rule("Dated", "dated marker"), "Mon, 02 Feb 2026 10:00:00 GMT"
server.routes["/dated.yar"] = lambda h: (h.send(304, b"") if h.headers.get("If-Modified-Since") == date
                                         else h.send(200, body, Last_Modified=date))
add("dated")
home.update()
home.update()
tap.equal("a source that has only a date is asked by its date", "same", home.source("dated")["outcome"])
drop("dated")

# ---------------------------------------------------------------- refusals
server.routes["/keep.yar"] = constant(rule("Kept", "kept marker"))
add("keep")
home.update()
for status, outcome in ((403, "forbidden"), (401, "forbidden"), (404, "gone"), (410, "gone")):
    server.routes["/keep.yar"] = lambda h, status=status: h.send(status, b"no")
    done = home.update("--now")
    s = home.source("keep")
    tap.equal(f"{status} is {outcome}", outcome, s["outcome"])
    tap.check(f"{status} is waited for a day", waits("keep", 86400, 86400 * 1.1), s)
    tap.check(f"{status} is told with its number", f"HTTP {status}" in done.stderr, done.stderr)
    tap.equal(f"after {status} the content that we have stays", ["Kept"], home.scan(b"kept marker"))
count = len(server.requests)
home.update()
home.update("--due")
tap.equal("who refused is not asked again before its time, neither by hand nor by the timer", count,
          len(server.requests))
server.routes["/keep.yar"] = lambda h: h.send(429, b"", Retry_After="7200")
home.update("--now")
tap.equal("429 is busy", "busy", home.source("keep")["outcome"])
tap.check("Retry-After in seconds is kept to", waits("keep", 7199, 7270), home.source("keep"))
date = email.utils.formatdate(time.time() + 10800, usegmt=True)
server.routes["/keep.yar"] = lambda h: h.send(503, b"", Retry_After=date)
home.update("--now")
tap.check("Retry-After with a date is kept to", waits("keep", 10790, 10870), home.source("keep"))
server.routes["/keep.yar"] = lambda h: h.send(429, b"", Retry_After="99999999999999999999")
home.update("--now")
tap.check("but not for more than a week", waits("keep", 7 * 86400 - 1, 7 * 86400 + 70), home.source("keep"))
server.routes["/keep.yar"] = lambda h: h.send(500, b"broken")
before = home.source("keep")["failures"]
home.update("--now")
s = home.source("keep")
tap.equal("500 is broken, and counted", ["broken", before + 1], [s["outcome"], s["failures"]])
server.routes["/keep.yar"] = constant(rule("Kept", "kept marker"))
home.update("--now")
tap.equal("one good answer ends the row of failures", [0, ""],
          [home.source("keep")["failures"], home.source("keep")["error"]])
for wanted in ((149, 301), (299, 601), (599, 1201)):
    server.routes["/keep.yar"] = lambda h: h.send(502, b"")
    home.update("--now")
    tap.check(f"failures in a row wait longer: {wanted[0]} to {wanted[1]} s", waits("keep", *wanted),
              home.source("keep"))
tap.equal("and the content stays through all of it", ["Kept"], home.scan(b"kept marker"))
drop("keep")

# ---------------------------------------------------------------- half downloads
whole = b"".join(rule(f"Half{i}", f"half marker {i};") for i in range(4000))
ranges = []


def broken_off(handler, etag='"half"', cut=len(whole) // 3):
    """Gives a third of what is asked for, then closes."""
    start = 0
    asked = handler.headers.get("Range")
    ranges.append((asked, handler.headers.get("If-Range")))
    if asked and handler.headers.get("If-Range") == etag:
        start = int(asked.removeprefix("bytes=").rstrip("-"))
    rest = whole[start:]
    handler.send_response(206 if start else 200)
    handler.send_header("Content-Length", str(len(rest)))
    handler.send_header("ETag", etag)
    handler.send_header("Accept-Ranges", "bytes")
    handler.send_header("Repr-Digest", "sha-256=:" + base64.b64encode(hashlib.sha256(whole).digest()).decode() + ":")
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
    handler.end_headers()
    handler.wfile.write(rest[:cut])
    handler.close_connection = True


server.routes["/half.yar"] = broken_off
add("half")
done = home.update()
tap.equal("a download that breaks off again and again is put together of its parts", "fresh",
          home.source("half")["outcome"])
tap.check("each part begins where the last one ended", len(ranges) >= 3 and ranges[0] == (None, None) and
          ranges[1] == (f"bytes={len(whole) // 3}-", '"half"'), ranges)
tap.equal("and its rules are whole", ["Half3999"], home.scan(b"half marker 3999;"))
drop("half")
ranges.clear()
server.routes["/half.yar"] = lambda h: broken_off(h, cut=len(whole) // 12)
add("half")
done = home.update()
tap.equal("after four parts it is left for later", "partial", home.source("half")["outcome"])
tap.check("and asked four times, no more", len(ranges) == 4, ranges)
home.update("--now")
tap.check("the next look goes on from there", ranges[4][0] == f"bytes={4 * (len(whole) // 12)}-", ranges)
server.routes["/half.yar"] = constant(rule("Other", "other marker"), ETag='"other"')
home.update("--now")
tap.equal("when the content has changed meanwhile it is begun anew", [["Other"], []],
          [home.scan(b"other marker"), home.scan(b"half marker 1;")])
drop("half")


def lies(handler):
    handler.send(200, rule("Lie", "lie marker"), Repr_Digest="sha-256=:" + base64.b64encode(bytes(32)).decode() + ":")


server.routes["/lie.yar"] = lies
add("lie")
home.update()
tap.equal("content that does not have its digest is damaged", "damaged", home.source("lie")["outcome"])
tap.equal("and is not used", [], home.scan(b"lie marker"))
drop("lie")

# ---------------------------------------------------------------- what is too much
def slow(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.5)


def slow_head(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.5)


def long_head(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for i in range(20000):
        handler.wfile.write(b"X-%d: %s\r\n" % (i, b"y" * 60))
    handler.wfile.write(b"\r\n")
    handler.close_connection = True


for name, route in (("drip", slow), ("drip-head", slow_head)):
    server.routes[f"/{name}.yar"] = route
    add(name)
    start = time.monotonic()
    home.update()
    tap.check(f"{name}: a server that drips is given up", home.source(name)["outcome"] in
              ("slow", "partial", "unreachable") and time.monotonic() - start < 40, home.source(name))
    drop(name)
server.routes["/heads.yar"] = long_head
add("heads")
home.update()
tap.check("an answer of endless headers is none", home.source("heads")["outcome"] in ("damaged", "unreachable"),
          home.source("heads"))
drop("heads")
server.routes["/large.yar"] = constant(b"// " + b"x" * 3_000_000)
add("large", "yara-package", "/large.yar", "--max-size", "1M")
home.update()
tap.equal("what is announced as too large is not begun", "too-large", home.source("large")["outcome"])
drop("large")


def endless(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(10000):
        handler.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")


server.routes["/endless.yar"] = endless
add("endless", "yara-package", "/endless.yar", "--max-size", "1M")
home.update()
tap.equal("what is endless is broken off at the limit", "too-large", home.source("endless")["outcome"])
tap.check("and leaves nothing on the disk",
          sum(p.stat().st_size for p in (home.data / "content" / "endless").iterdir()) == 0,
          list((home.data / "content" / "endless").iterdir()))
drop("endless")
server.routes["/encoded.yar"] = constant(gzip.compress(rule("Encoded", "x")), Content_Encoding="gzip")
add("encoded")
home.update()
tap.equal("an encoding that was not asked for is refused", "damaged", home.source("encoded")["outcome"])
drop("encoded")

# ---------------------------------------------------------------- redirects
other = Server()
other.routes["/there.yar"] = constant(rule("There", "there marker"))
server.routes["/away.yar"] = lambda h: h.send(302, b"", Location=other.url + "/there.yar")
key = home.root / "key"
key.write_text("s3cret\n")
key.chmod(0o600)
add("away", "yara-package", "/away.yar", "--secret-file", key)
home.update()
tap.equal("a redirect is followed", ["There"], home.scan(b"there marker"))
tap.equal("the key goes to the source", "s3cret", server.asked("/away.yar")[-1].headers.get("Auth-Key"))
tap.equal("and not to where it sends us", None, other.requests[-1].headers.get("Auth-Key"))
drop("away")
server.routes["/round.yar"] = lambda h: h.send(302, b"", Location="/round.yar")
add("round")
home.update()
tap.equal("a circle is left", "redirect", home.source("round")["outcome"])
tap.equal("after six requests", 6, len(server.asked("/round.yar")))
drop("round")
for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://10.9.8.7/x", "gopher://127.0.0.1:25/x"):
    server.routes["/bad.yar"] = lambda h, target=target: h.send(302, b"", Location=target)
    add("bad")
    home.update()
    tap.equal(f"a redirect to {target} is not followed", "redirect", home.source("bad")["outcome"])
    drop("bad")

# ---------------------------------------------------------------- keys and certificates
key.chmod(0o644)
add("open", "yara-package", "/open.yar", "--secret-file", key)
count = len(server.requests)
done = home.update()
tap.check("a key that others can read is not used", home.source("open")["outcome"] == "failed" and
          "0600" in home.source("open")["error"] and len(server.requests) == count, home.source("open"))
drop("open")
key.chmod(0o600)
server.routes["/exports/s3cret/list.yar"] = constant(rule("InPath", "path marker"))
add("inpath", "yara-package", "/exports/{key}/list.yar", "--secret-file", key)
done = home.update()
tap.equal("a key may stand in the location", ["InPath"], home.scan(b"path marker"))
tap.check("and is told nowhere", "s3cret" not in done.stdout + done.stderr + str(home.state()) +
          (home.data / "content" / "sources.conf").read_text())
drop("inpath")
own = make_certificate(home.root)
tls = Server(own)
tls.routes["/tls.yar"] = constant(rule("Tls", "tls marker"))
assert home.run("add", "yara-package", tls.url + "/tls.yar", "--id", "tls").returncode == 0
home.update()
tap.equal("a certificate of nobody's is not believed", ["untrusted", 0],
          [home.source("tls")["outcome"], len(tls.requests)])
drop("tls")
assert home.run("add", "yara-package", tls.url + "/tls.yar", "--id", "tls", "--ca-file", own[0]).returncode == 0
home.update()
tap.equal("one whose authority was named is", ["Tls"], home.scan(b"tls marker"))
drop("tls")
wrong = make_certificate(home.root, "elsewhere.example")
tls = Server(wrong)
tls.routes["/tls.yar"] = constant(rule("Wrong", "wrong marker"))
assert home.run("add", "yara-package", tls.url + "/tls.yar", "--id", "tls", "--ca-file", wrong[0]).returncode == 0
home.update()
tap.equal("but not for another host's name", "untrusted", home.source("tls")["outcome"])
drop("tls")
for url in ("http://192.0.2.1/x.yar", "http://127.0.0.1.example/x", "http://127.0.0.1@192.0.2.1/x", "http://localhostx/"):
    done = home.run("add", "yara-package", url, "--id", "plain")
    tap.check(f"unencrypted from elsewhere is refused: {url}", done.returncode == 2 and "unencrypted" in done.stderr,
              done.stderr)

home.remove()
tap.finish()
