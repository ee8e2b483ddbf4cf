#!/usr/bin/env python3
"""Each kind of source: packages, folders, freshclam's folder, TAXII 2.1 and MISP as their specifications have
them, with paging; and packages that mean no good. Prints TAP."""
import hashlib
import io
import json
import os
import pathlib
import stat
import urllib.parse
import uuid
import zipfile

from harness import Installation, Server, Tap, constant, rule

tap = Tap()
home = Installation()
server = Server()


def add(kind, location, name, *options):
    done = home.run("add", kind, location, "--id", name, *options)
    assert done.returncode == 0, done.stderr


def drop(name):
    assert home.run("remove", name).returncode == 0


def content(name):
    return (home.data / "content" / name / "content").read_bytes()


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return out.getvalue()


# ---------------------------------------------------------------- packages
server.routes["/rules.zip"] = constant(zip_of([
    ("set/a.yar", rule("ZipA", "zip marker a")), ("set/deep/b.yara", rule("ZipB", "zip marker b")),
    ("set/README.md", b"rule Readme { condition: true }"), ("set/run.sh", b"#!/bin/sh\n")]))
add("yara-package", server.url + "/rules.zip", "zip")
done = home.update()
tap.equal("rules come out of a zip", [["ZipA"], ["ZipB"]], [home.scan(b"zip marker a"), home.scan(b"zip marker b")])
tap.equal("and nothing but rules", [], home.scan(b"any"))
drop("zip")
hostile = {
    "a name that climbs out": zip_of([("../../etc/cron.d/x.yar", rule("Climb", "x"))]),
    "a name from the root": zip_of([("/etc/x.yar", rule("Root", "x"))]),
    "a name with a backslash": zip_of([("..\\x.yar", rule("Back", "x"))]),
    "a bomb": zip_of([("bomb.yar", b"// " + b"0" * 60_000_000)]),
    "a zip that is cut short": zip_of([("a.yar", os.urandom(5000).hex().encode())])[:2500],
    "a zip without rules": zip_of([("a.txt", b"nothing")]),
    "no zip at all": b"PK\x03\x04" + b"\xff" * 5000,
}
add("yara-package", server.url + "/sane.yar", "sane")
server.routes["/sane.yar"] = constant(rule("Sane", "sane marker"))
for what, body in hostile.items():
    server.routes["/hostile.zip"] = constant(body)
    add("yara-package", server.url + "/hostile.zip", "hostile")
    done = home.update("--now")
    s = home.source("hostile")
    tap.check(f"{what}: the source is left out and says why", s["error"] != "" and done.returncode == 0,
              (s, done.stderr))
    tap.equal(f"{what}: the others go on", ["Sane"], home.scan(b"sane marker"))
    drop("hostile")
tap.check("nothing was written outside", not pathlib.Path("/etc/cron.d/x.yar").exists())
server.routes["/hostile.zip"] = constant(zip_of([("a.yar", rule("WasGood", "was good marker"))]))
add("yara-package", server.url + "/hostile.zip", "turned")
home.update("--now")
server.routes["/hostile.zip"] = constant(hostile["a name that climbs out"])
done = home.update("--now")
tap.equal("when a good package turns bad, what it had before is used", ["WasGood"], home.scan(b"was good marker"))
tap.check("and that is said", "what it had before is used" in home.source("turned")["error"], home.source("turned"))
done = home.update("--now")
tap.equal("also the next time", ["WasGood"], home.scan(b"was good marker"))
drop("turned")
server.routes["/wrong.yar"] = constant(b"rule Wrong { condition: ")
add("yara-package", server.url + "/wrong.yar", "wrong")
done = home.update("--now")
tap.check("rules that are wrong leave their source out, not the others", done.returncode == 0 and
          home.source("wrong")["error"] != "" and home.scan(b"sane marker") == ["Sane"],
          (done.stderr, home.source("wrong")))
drop("wrong")
drop("sane")

# ---------------------------------------------------------------- folders
folder = home.root / "rules"
folder.mkdir()
(folder / "own.yar").write_bytes(rule("Own", "own marker"))
add("folder", folder, "folder")
home.update()
tap.equal("a folder's rules are taken", ["Own"], home.scan(b"own marker"))
(folder / "more.yar").write_bytes(rule("More", "more marker"))
home.update()
tap.equal("also those that come later", ["More"], home.scan(b"more marker"))
(folder / "own.yar").unlink()
(folder / "more.yar").unlink()
folder.rmdir()
done = home.update()
tap.check("a folder that is gone is said, and the others go on", done.returncode == 0 and
          home.source("folder")["error"] != "", (done.stderr, home.source("folder")))
drop("folder")
freshclam = home.root / "clamav"
freshclam.mkdir()
(freshclam / "daily.ndb").write_text("Test.Fresh:0:*:" + b"fresh clam marker".hex() + "\n")
(freshclam / "freshclam.dat").write_bytes(b"not a list")
add("freshclam-folder", freshclam, "clamav")
done = home.update()
tap.check("the folder that freshclam fills is read as it is", any("Test.Fresh" in n for n in
          home.scan(b"here is a fresh clam marker")), done.stderr)
drop("clamav")

# ---------------------------------------------------------------- lists
bad = b"known to be bad, by its hash alone\n"
digest = hashlib.sha256(bad).hexdigest()
for name, body in (("plain.txt", f"# comment\n{digest}\n"), ("table.csv", f'# "sha256_hash","signature"\n"{digest}","x"\n'),
                   ("noending", f"{digest}\n")):
    server.routes["/" + name] = constant(body.encode())
    add("list", server.url + "/" + name, "list")
    done = home.update()
    tap.check(f"a list of hashes: {name}", home.scan(bad) != [], (done.stderr, home.source("list")))
    drop("list")
server.routes["/list.zip"] = constant(zip_of([("export.csv", f'"sha256_hash"\n"{digest}"\n')]))
add("list", server.url + "/list.zip", "list")
home.update()
tap.check("and one in a zip", home.scan(bad) != [])
drop("list")
server.routes["/bundle.json"] = constant(json.dumps({"type": "bundle", "id": "bundle--1", "objects": [
    {"type": "indicator", "spec_version": "2.1", "id": "indicator--1", "pattern_type": "stix", "created":
     "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "valid_from": "2026-01-01T00:00:00Z",
     "pattern": f"[file:hashes.'SHA-256' = '{digest}']"}]}).encode())
add("stix", server.url + "/bundle.json", "stix")
home.update()
tap.check("a bundle of STIX", home.scan(bad) != [])
drop("stix")

# ---------------------------------------------------------------- TAXII 2.1
MEDIA = "application/taxii+json;version=2.1"
readable, hidden = str(uuid.uuid4()), str(uuid.uuid4())


def indicator(number):
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.UUID(int=number)}",
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "pattern_type": "stix",
            "pattern": f"[file:hashes.'SHA-256' = '{number:064x}']", "valid_from": "2026-01-01T00:00:00Z"}


class Collection:
    """objects: (date added, object), in their order."""

    def __init__(self):
        self.objects = [(f"2026-01-01T00:{i // 60:02d}:{i % 60:02d}.000Z", indicator(i)) for i in range(95)]
        self.next_style = True

    def __call__(self, handler):
        if handler.headers.get("Accept") != MEDIA:
            return handler.send(406, b"{}", Content_Type=MEDIA)
        if handler.headers.get("Authorization") != "Basic dXNlcjpwYXNz":
            return handler.send(401, b"{}", Content_Type=MEDIA)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(handler.path).query))
        found = [o for o in self.objects if o[0] > query.get("added_after", "")]
        at = int(query.get("next", "0"))
        page, rest = found[at:at + 20], found[at + 20:]
        envelope = {}
        if page:
            envelope["objects"] = [o for _, o in page]
        if rest:
            envelope["more"] = True
            if self.next_style:
                envelope["next"] = str(at + 20)
        headers = {"Content_Type": MEDIA}
        if page:
            headers |= {"X_TAXII_Date_Added_First": page[0][0], "X_TAXII_Date_Added_Last": page[-1][0]}
        handler.send(200, json.dumps(envelope).encode(), **headers)


def document(value):
    def route(handler):
        if handler.headers.get("Accept") != MEDIA:
            return handler.send(406, b"{}", Content_Type=MEDIA)
        handler.send(200, json.dumps(value).encode(), Content_Type=MEDIA)
    return route


collection = Collection()
server.routes["/taxii2/"] = document({"title": "t", "default": server.url + "/api1/", "api_roots": ["/api1/"]})
server.routes["/api1/"] = document({"title": "a", "versions": [MEDIA], "max_content_length": 104857600})
server.routes["/api1/collections/"] = document({"collections": [
    {"id": hidden, "title": "h", "can_read": False, "can_write": True},
    {"id": readable, "title": "r", "can_read": True, "can_write": False}]})
objects = f"/api1/collections/{readable}/objects/"
server.routes[objects] = collection
key = home.root / "key"
key.write_text("user:pass")
key.chmod(0o600)


def bundle():
    value = json.loads(content("taxii"))
    assert value["type"] == "bundle" and value["id"].startswith("bundle--")
    return [o["id"] for o in value["objects"]]


for location in ("/taxii2/", "/api1/", f"/api1/collections/{readable}/"):
    for style in (True, False):
        collection.next_style = style
        add("taxii", server.url + location, "taxii", "--secret-file", key)
        done = home.update()
        s = home.source("taxii")
        tap.check(f"{location}, {'next' if style else 'added_after'}: all 95 objects of five pages are there",
                  s["outcome"] == "fresh" and sorted(bundle()) == sorted(o["id"] for _, o in collection.objects), s)
        drop("taxii")
tap.equal("a collection that may not be read is left alone", [],
          [r.path for r in server.requests if hidden in r.path])
collection.next_style = True
add("taxii", server.url + "/taxii2/", "taxii", "--secret-file", key)
home.update()
count = len(server.asked(objects))
home.update()
tap.equal("asked again, only for what was added since", ["same", 1],
          [home.source("taxii")["outcome"], len(server.asked(objects)) - count])
tap.check("by the date that the server gave", "added_after=2026-01-01T00%3A01%3A34.000Z" in
          server.asked(objects)[-1].path, server.asked(objects)[-1].path)
collection.objects.append(("2026-01-15T00:00:00.000Z", indicator(900) | {"pattern": f"[file:hashes.'SHA-256' = '{digest}']"}))
home.update()
tap.check("what an indicator names is found", home.scan(bad) != [])
newer = indicator(3) | {"modified": "2026-02-01T00:00:00.000Z", "revoked": True}
collection.objects.append(("2026-02-01T00:00:00.000Z", newer))
collection.objects.append(("2026-02-01T00:00:01.000Z", indicator(500)))
home.update()
value = json.loads(content("taxii"))["objects"]
tap.equal("a newer version takes the old one's place, and new ones come to it", [97, [newer]],
          [len(value), [o for o in value if o["id"] == newer["id"]]])
server.routes[objects] = lambda h: h.send(403, b"{}", Content_Type=MEDIA)
home.update()
tap.equal("a refusal leaves what we have", ["forbidden", 97], [home.source("taxii")["outcome"], len(bundle())])
for what, body in (("no JSON", b"<html>"), ("JSON cut short", b'{"objects":[{"id":"x"}'),
                   ("too deep", b'{"objects":' + b"[" * 5000 + b"]" * 5000 + b"}"),
                   ("more without end", b'{"more":true}'), ("next that is the same", b'{"more":true,"next":"7"}'),
                   ("not UTF-8", b'{"objects":["\xff\xfe"]}')):
    server.routes[objects] = constant(body, Content_Type=MEDIA)
    home.update("--now")
    tap.equal(f"{what}: damaged, and what we have stays", ["damaged", 97],
              [home.source("taxii")["outcome"], len(bundle())])
drop("taxii")
for root in ("http://192.0.2.7/api/", "file:///etc/", "ftp://127.0.0.1/"):
    server.routes["/taxii2/"] = document({"title": "t", "api_roots": [root]})
    add("taxii", server.url + "/taxii2/", "taxii", "--secret-file", key)
    home.update()
    tap.equal(f"an API root at {root} is not followed", "damaged", home.source("taxii")["outcome"])
    drop("taxii")

# ---------------------------------------------------------------- MISP: a feed
def event(number, stamp):
    return {"Event": {"uuid": str(uuid.UUID(int=number)), "info": f"event {number}", "timestamp": str(stamp),
                      "date": "2026-01-01", "published": True,
                      "Attribute": [{"type": "sha256", "category": "Payload delivery", "to_ids": True,
                                     "uuid": str(uuid.UUID(int=10**6 + number)), "value": f"{number:064x}"}]}}


events = {str(uuid.UUID(int=i)): event(i, 1000 + i) for i in range(1, 31)}


def manifest(handler):
    handler.send(200, json.dumps({u: {"info": e["Event"]["info"], "timestamp": e["Event"]["timestamp"],
                                      "date": "2026-01-01", "Orgc": {"name": "x"}} for u, e in events.items()}).encode())


def publish():
    for u in events:
        server.routes[f"/feed/{u}.json"] = lambda h, u=u: h.send(200, json.dumps(events[u]).encode())


server.routes["/feed/manifest.json"] = manifest
publish()
add("misp", server.url + "/feed/", "misp")
home.update()
tap.equal("all events of a MISP feed are there", list(events.values()), json.loads(content("misp"))["response"])
count = len(server.requests)
home.update()
tap.equal("asked again, only for the manifest", ["same", 1], [home.source("misp")["outcome"], len(server.requests) - count])
changed, gone = str(uuid.UUID(int=5)), str(uuid.UUID(int=6))
events[changed] = event(5, 9999)
del events[gone]
count = len(server.requests)
home.update()
tap.equal("then for the event that changed; what is gone goes", [list(events.values()), 2],
          [json.loads(content("misp"))["response"], len(server.requests) - count])
server.routes[f"/feed/{changed}.json"] = constant(json.dumps(event(7, 1)).encode())
events[changed] = event(5, 10000)
server.routes["/feed/manifest.json"] = manifest
home.update()
tap.equal("an event file that is another event is damage", "damaged", home.source("misp")["outcome"])
drop("misp")
for what, body in (("no JSON", b"x"), ("an array", b"[]"), ("a name that climbs", b'{"../../x":{"timestamp":"1"}}'),
                   ("no timestamp", json.dumps({changed: {}}).encode())):
    server.routes["/feed/manifest.json"] = constant(body)
    add("misp", server.url + "/feed/", "misp")
    home.update()
    tap.equal(f"a manifest with {what} is damage", "damaged", home.source("misp")["outcome"])
    drop("misp")

# ---------------------------------------------------------------- MISP: a server
stored = [event(i, 2000 + i) for i in range(1, 121)]
searches = []


def search(handler):
    asked = json.loads(handler.body)
    searches.append(asked)
    if handler.command != "POST" or handler.headers.get("Authorization") != "user:pass":
        return handler.send(403, b'{"message":"no"}')
    found = [e for e in stored if int(e["Event"]["timestamp"]) >= int(asked.get("timestamp", 0))]
    at = (asked["page"] - 1) * asked["limit"]
    handler.send(200, json.dumps({"response": found[at:at + asked["limit"]]}).encode())


server.routes["/events/restSearch"] = search
add("misp", server.url, "misp", "--secret-file", key)
home.update()
tap.equal("all events of a server, page by page", [stored, 3], [json.loads(content("misp"))["response"], len(searches)])
home.update()
tap.equal("asked again, from the newest on", ["same", "2120"],
          [home.source("misp")["outcome"], searches[-1].get("timestamp")])
stored[9] = event(10, 5000)
stored[9]["Event"]["Attribute"][0]["value"] = digest
home.update()
tap.check("what an attribute names is found", home.scan(bad) != [])
found = {e["Event"]["uuid"]: e for e in json.loads(content("misp"))["response"]}
tap.equal("an event that changed takes the old one's place", [120, stored[9]],
          [len(found), found[stored[9]["Event"]["uuid"]]])
drop("misp")

# ---------------------------------------------------------------- who may read it
mode = stat.S_IMODE((home.data / "content").stat().st_mode)
tap.equal("only its owner may look into what was fetched", 0o700, mode)

home.remove()
tap.finish()
