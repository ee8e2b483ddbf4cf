#!/usr/bin/env python3
"""ClamAV's signatures against Debian's clamscan: signatures and objects are made up from a seed, over
few letters, so that much matches and much nearly does; every signature must come to the same answer on
every object. Prints TAP.
usage: clamav.py [SEED [ROUNDS]], with LAZ_BUILD"""
import hashlib
import io
import os
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

LETTERS = b"ABab"
OBJECTS, SIGNATURES = 60, 70
HEAD = b"\xde\xad\xbe\xef\x00\x01\xdf\xff\xd8\x00\x00\xd8"  # no text in any encoding, for clamscan

TAIL = b"\xff" * 12  # clamscan reads past an object's end to find what is not there


def digits(data):
    return "".join(f"{c:02x}" for c in data)


def letters(dice, low, high):
    return bytes(dice.choice(LETTERS) for _ in range(dice.randint(low, high)))


def make_wild(dice):
    c = dice.choice(LETTERS)
    return dice.choice(["??", f"{c >> 4:x}?", f"?{c & 15:x}", f"({c:02x}|{dice.choice(LETTERS):02x})",
                        f"!({c:02x}|{dice.choice(LETTERS):02x})",
                        "(" + "|".join(digits(letters(dice, 2, 2)) for _ in range(dice.randint(2, 3))) + ")",
                        "!(" + "|".join(digits(letters(dice, 2, 2)) for _ in range(2)) + ")",
                        "(" + "|".join(digits(letters(dice, 1, 3)) for _ in range(2)) + ")",
                        "(W)", "!(W)", "(B)", "(L)", "{%d}" % dice.randint(1, 3)])


def make_gap(dice):
    low = dice.randint(0, 3)
    return dice.choice(["*", "{-%d}" % dice.randint(1, 4), "{%d-}" % low, "{%d-%d}" % (low, low + dice.randint(1, 4))])


def make_part(dice, wild):
    """A run of bytes with wildcards in it; two plain bytes stand first, as ClamAV needs them."""
    text = digits(letters(dice, 2, 3))
    for _ in range(dice.randint(0, 2) if wild else 0):
        text += make_wild(dice) + digits(letters(dice, 1, 2))
    return text


def make_body(dice, wild=True, gaps=True):
    text = make_part(dice, wild)
    if gaps and dice.randrange(4) == 0:
        text += make_gap(dice) + make_part(dice, wild)
    if wild and dice.randrange(8) == 0:  # clamscan 1.4 dies of negated ones here
        text = dice.choice(["(B)", "(L)", "(W)"]) + text
    if wild and dice.randrange(8) == 0:
        text += dice.choice(["(B)", "(L)", "(W)", "!(B)", "!(W)", "!(L)"])
    return text


def make_offset(dice):
    kind = dice.randrange(6)
    if kind == 0:
        return "%d:" % dice.randint(12, 40)
    if kind == 1:
        return "%d,%d:" % (dice.randint(10, 28), dice.randint(0, 20))
    if kind == 2:
        return "EOF-%d:" % dice.randint(13, 50)
    if kind == 3:
        return "EOF-%d,%d:" % (dice.randint(13, 50), dice.randint(0, 10))
    return ""


def make_count(dice):
    return dice.choice("=<>") + str(dice.randint(0, 3)) + ("," + str(dice.randint(1, 2)) if dice.randrange(4) == 0 else "")


def make_expression(dice, subs, depth=0):
    """An expression that names all of subs."""
    if len(subs) == 1:
        return str(subs[0]) + (make_count(dice) if dice.randrange(4) == 0 else "")
    cut = dice.randint(1, len(subs) - 1)
    text = make_expression(dice, subs[:cut], depth + 1) + dice.choice("&|") + make_expression(dice, subs[cut:], depth + 1)
    if depth == 0 and dice.randrange(3):
        return text
    return "(" + text + ")" + (make_count(dice) if dice.randrange(3) == 0 else "")


def make_subsignature(dice, plain):
    mods = "".join(m for m in "iwfa" if dice.randrange(3) == 0) if dice.randrange(3) == 0 else ""
    body = make_body(dice, wild=not plain and not mods, gaps=not plain)
    return make_offset(dice) + body + ("::" + mods if mods else "")


def make_logical(dice, number):
    count = dice.randint(1, 4)
    subs = list(range(count))
    expression = make_expression(dice, subs)
    plain = any(c in expression for c in "=<>")
    return f"S{number:03d};Engine:81-255,Target:0;{expression};" + ";".join(make_subsignature(dice, plain) for _ in subs)


def make_pcre(dice, triggers):
    """A regular expression over the same letters."""
    # It begins with a letter: clamscan 1.4 never ends with /g and an empty match.
    text = dice.choice("ABab") + "".join(dice.choice(["A", "b", "[ab]", "a?", "B+", ".", r"\d", "(a|b)", "[^A]", r"\x41", "b{1,2}", r"\b", "a*?", "(?=b)", "$", "^"])
                   for _ in range(dice.randint(0, 4)))
    offset = dice.choice(["", "", "", "%d:" % dice.randint(10, 30), "%d,%d:" % (dice.randint(10, 30), dice.randint(1, 20))])
    flags = "".join(f for f in "grismU" if dice.randrange(4) == 0)
    if "," in offset and dice.randrange(2):
        flags += "e"
    return f"{offset}{make_expression(dice, triggers)}/{text}/{flags}"


def make_compare(dice, sub):
    options = dice.choice(["il1", "ib1", "il2", "ib2", "ib4", "ib8", "hbe1", "de1", "de2", "abe3", "hb2", "hl2", "hl3", "hle4", "d2", "db3",
                           "ab4", "al4"])
    comparison = dice.choice("<>=") + dice.choice(["65", "0x41", "10", "0xa", "16705", "0x4142", "170", "7"])
    if dice.randrange(3) == 0:
        comparison += "," + dice.choice("<>") + str(dice.randint(0, 300))
    return f"{sub}({dice.choice(['>>', '>>', '<<'])}{dice.randint(0, 6)}#{options}#{comparison})"


def make_triggered(dice, number):
    """A body or two, and what is looked for behind them."""
    count = dice.randint(1, 2)
    subs = [make_subsignature(dice, True) for _ in range(count)]
    more = dice.randint(1, 2)
    for _ in range(more):
        if dice.randrange(2):
            subs.append(make_pcre(dice, list(range(count))))
        else:
            subs.append(make_compare(dice, dice.randrange(count)))
    expression = make_expression(dice, list(range(count + more)))
    return f"S{number:03d};Engine:81-255,Target:0;{expression};" + ";".join(subs)


def make_simple(dice, number):
    return f"S{number:03d}:0:{(make_offset(dice) or '*:')[:-1]}:{make_body(dice)}"


def make_object(dice):
    data = HEAD
    for _ in range(dice.randint(3, 60)):
        kind = dice.randrange(12)
        if kind == 0:
            data += dice.choice([b"\n", b"\r\n", b" ", b".", b"-", b"<", b"\0", b"7", b"0x1a", b"41"])
        elif kind == 1:
            data += b"".join(bytes([c, 0]) for c in letters(dice, 1, 6))
        else:
            data += letters(dice, 1, 4)
    return data + TAIL


def clamscan(list_path, folder, *options):
    try:
        done = subprocess.run(["clamscan", "-d", list_path, "--no-summary", "-i", "-r", *options, folder],
                              check=False, capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return None, 0  # as if it had died
    if done.returncode < 0:
        return None, 0  # it died
    if done.returncode > 1 and "at line" not in done.stderr:
        raise SystemExit(f"clamscan ended with {done.returncode}: {done.stderr}")
    found = set(re.findall(r"/([^/\s]+): (\S+)\.UNOFFICIAL FOUND", done.stdout))
    wrong = re.search(r"at line (\d+)", done.stderr) if done.returncode > 1 else None
    return found, int(wrong[1]) if wrong else 0


def remove_line(list_path, number):
    with open(list_path, encoding="ascii") as file:
        lines = file.readlines()
    removed = lines.pop(number - 1).strip()
    with open(list_path, "w", encoding="ascii") as file:
        file.writelines(lines)
    return removed


def run_clamscan(list_path, folder, one_by_one):
    """What it finds, and the lines that it does not take, which are removed from the list. With --allmatch
    it dies of body signatures that match often: those are asked for one by one."""
    refused = []
    empty = os.path.join(os.path.dirname(list_path), "empty")
    os.makedirs(empty, exist_ok=True)
    while True:
        _, wrong = clamscan(list_path, empty)
        if not wrong:
            break
        refused.append(remove_line(list_path, wrong))
    found = None if one_by_one else clamscan(list_path, folder, "--allmatch")[0]
    if found is not None:
        return found, refused
    found, kept = set(), []
    with open(list_path, encoding="ascii") as file:
        lines = file.readlines()
    for line in lines:
        one = os.path.join(os.path.dirname(list_path), "one" + os.path.splitext(list_path)[1])
        with open(one, "w", encoding="ascii") as file:
            file.write(line)
        more = clamscan(one, folder)[0]
        if more is None:
            refused.append("it died of " + line.strip())
        else:
            found |= more
            kept.append(line)
    with open(list_path, "w", encoding="ascii") as file:
        file.writelines(kept)
    return found, refused


def run_ours(list_path, folder, *others):
    names = os.environ["LAZ_BUILD"] + "/tests/e2e/engine/engine_names"
    done = subprocess.run([names, list_path, folder, *others], check=True, capture_output=True, text=True)
    found, refused = set(), []
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if fields[0] == "refused":
            refused.append(line)
        else:
            found.add((fields[0], fields[1]))
    return found, refused


def compare(dice, ending, make, folder):
    objects = os.path.join(folder, "objects")
    os.makedirs(objects, exist_ok=True)
    list_path = os.path.join(folder, "list." + ending)
    with open(list_path, "w", encoding="ascii") as file:
        file.writelines(make(dice, number) + "\n" for number in range(SIGNATURES))
    for number in range(OBJECTS):
        with open(os.path.join(objects, f"{number:03d}"), "wb") as file:
            file.write(make_object(dice))
    theirs, refused = run_clamscan(list_path, objects, ending == "ndb")
    ours, not_taken = run_ours(list_path, objects)
    with open(list_path, encoding="ascii") as file:
        lines = {re.split("[;:]", line)[0]: line.strip() for line in file}
    problems = not_taken + [f"{'only clamscan' if pair in theirs else 'only lazaret'}: {pair[0]} {lines[pair[1]]}"
                            for pair in sorted(ours ^ theirs, key=lambda p: (p[1], p[0]))]
    return problems, len(theirs), refused


CLAM = "/usr/share/clamav-testfiles/clam.exe"
PAGE = b"""<!DOCTYPE html>
<HTML><Head><TITLE>Some  Page &amp; More</TITLE>
<!-- a Comment -->
</Head><body BGCOLOR=White   onload="Run( 1 )">
<a HREF="http://Evil.example/Path?q=1&amp;r=2"   >Click   <b>Here</b></a>&#65;&#x42;<IMG SRC=foo.GIF /><br>
</body></HTML>
"""


def make_files(folder):
    """Files of the types that clamscan treats in ways of their own."""
    program = open(CLAM, "rb").read()
    files = {"clam.exe": program, "page.html": PAGE, "some.txt": b"Some plain Text\tof  words HERE and there\r\n" * 3,
             "raw": HEAD + b"ABCDEF hello" + TAIL}
    with zipfile.ZipFile(os.path.join(folder, "two.zip"), "w") as packed:
        packed.writestr("invoice.exe", HEAD + b"hello there")
        packed.writestr("readme.txt", "other words\n" * 4)
    with tarfile.open(os.path.join(folder, "two.tar"), "w", format=tarfile.USTAR_FORMAT) as packed:
        for name, data in (("readme.txt", b"other words\n" * 4), ("invoice.exe", HEAD + b"hello there")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def hash_of(path, kind):
    with open(path, "rb") as file:
        return hashlib.new(kind, file.read()).hexdigest()


def make_lists(folder):
    """Each: a title, the list's ending, its lines, and another list beside it."""
    raw, tar = os.path.join(folder, "raw"), os.path.join(folder, "two.tar")
    size = os.path.getsize(raw)
    hello = f"H;Engine:51-255,Target:0;0;{digits(b'hello')}"
    md5, sha1, sha256 = (hash_of(raw, kind) for kind in ("md5", "sha1", "sha256"))
    yield "hashes", "hdb", [f"{md5}:{size}:A", f"{md5}:{size + 1}:B"], None
    yield "larger hashes", "hsb", [f"{sha1}:{size}:A", f"{sha256}:{size}:B", f"{sha256}:*:C:73", f"{sha1}:9:D"], None
    yield "allowed objects", "ldb", [hello], ("x.fp", f"{md5}:{size}:any")
    yield "allowed containers", "ldb", [hello], ("x.fp", f"{hash_of(tar, 'md5')}:{os.path.getsize(tar)}:any")
    yield "allowed by a larger hash", "ldb", [hello], ("x.sfp", f"{sha256}:{size}:any")
    yield "ignored names", "ldb", [hello, hello.replace("H;", "I;", 1)], ("x.ign2", "H")
    # clamscan 1.4 takes no digest behind a name, though its manual has it: tests/cases/engine/ignored.case
    yield "sections", "mdb", ["512:23db1dd3f77fae25610b6a32701313ae:A", "511:23db1dd3f77fae25610b6a32701313ae:B"], None
    yield "imports", "imp", ["98c88d882f01a3f6ac1e5f7dfd761624:39:A", "98c88d882f01a3f6ac1e5f7dfd761624:40:B"], None
    program = open(CLAM, "rb").read()
    body = digits(program[0x140:0x150])
    yield "programs", "ndb", [f"A{n}:1:{place}:{body}" for n, place in enumerate(
        ["*", "320", "EP+0", "EP-200,400", "EP+1,300", "S0+0", "S0+0,600", "SL+0,600", "SE0", "S1+0", "S1+0,900", "SE1", "EOF-224"])], None
    yield "texts", "ldb", [f"A{n};Engine:51-255,Target:{target};0;{digits(text)}" for n, (target, text) in enumerate(
        (t, x) for t in (0, 7) for x in (b"Some plain", b"some plain", b"text of words here", b"Text\tof", b"there some", b"there\r\n"))], None
    yield "pages", "ldb", [f"A{n};Engine:51-255,Target:3;0;{digits(text)}" for n, text in enumerate(
        [b"<html><head><title>some page & more</title>", b"some page more", b"comment", b"bgcolor=white onload=\"run( 1 )\">",
         b"<a href=\"http://evil.example/path?q=1&r=2\">click <b>here</b></a>ab<img src=foo.gif /><br>", b"doctype"])], None
    yield "members", "cdb", ["C1:CL_TYPE_ZIP:*:.*\\.exe$:*:*:*:*:*:*", "C2:*:*:invoice:*:23:0:*:*:*", "C3:CL_TYPE_ZIP:*:.*:*:*:1:*:*:*",
                             "C4:CL_TYPE_POSIX_TAR:*:invoice\\.exe:*:*:*:2:*:*", "C5:*:*:readme:*:1-9:*:*:*:*",
                             "C6:CL_TYPE_ZIP:1-50:.*:*:*:*:*:*:*", "C7:*:*:readme:*:*:*:1:*:*",
                             "C8:*:*:invoice:*:*:*:*:5d9f2d02:*", "C9:CL_TYPE_ZIP:*:readme:*:*:*:*:7:*"], None
    yield "containers", "ldb", [f"A{n};Engine:51-255,{about},Target:0;0;{digits(b'hello')}" for n, about in enumerate(
        ["Container:CL_TYPE_ZIP", "Container:CL_TYPE_POSIX_TAR", "Container:CL_TYPE_ANY", "Container:CL_TYPE_RAR",
         "Intermediates:CL_TYPE_ZIP", "Intermediates:CL_TYPE_ANY>CL_TYPE_ZIP", "FileSize:23-23", "FileSize:24-90"])], None


def compare_kind(ending, lines, other, folder, objects):
    lists = tempfile.mkdtemp(dir=folder)
    os.chmod(lists, 0o755)
    list_path = os.path.join(lists, "list." + ending)
    with open(list_path, "w", encoding="ascii") as file:
        file.writelines(line + "\n" for line in lines)
    others = []
    if other:
        others.append(os.path.join(lists, other[0]))
        with open(others[0], "w", encoding="ascii") as file:
            file.write(other[1] + "\n")
    theirs, wrong = clamscan(lists, objects, "--allmatch")
    ours, refused = run_ours(list_path, objects, *others)
    problems = refused + ([f"clamscan refused line {wrong}"] if wrong else [])
    return problems + [f"{'only clamscan' if pair in theirs else 'only lazaret'}: {pair}" for pair in sorted(ours ^ theirs)], theirs


def run_kinds(number):
    """One test for each kind of list. True when all are well."""
    good = True
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        objects = os.path.join(folder, "objects")
        os.makedirs(objects)
        make_files(objects)
        for title, ending, lines, other in make_lists(objects):
            number += 1
            problems, found = compare_kind(ending, lines, other, folder, objects)
            good = good and not problems
            print(f"{'not ok' if problems else 'ok'} {number} - {title} are found where clamscan finds them")
            print(f"# {len(found)} finds")
            for problem in problems:
                print("#", problem)
    return good


KINDS = 13


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    kinds = [("ldb", make_logical, "logical"), ("ldb", make_triggered, "triggered"), ("ndb", make_simple, "simple")]
    failed, number = False, 0
    print(f"1..{rounds * len(kinds) + KINDS}")
    for step in range(rounds):
        for ending, make, title in kinds:
            number += 1
            with tempfile.TemporaryDirectory() as folder:
                os.chmod(folder, 0o755)
                problems, found, refused = compare(random.Random(f"{seed + step} {title}"), ending, make, folder)
            ok = not problems and found > SIGNATURES // 4 and len(refused) < SIGNATURES // 4
            failed = failed or not ok
            print(f"{'ok' if ok else 'not ok'} {number} - {SIGNATURES} {title} lines as clamscan has them, seed {seed + step}")
            print(f"# {SIGNATURES * OBJECTS} answers, {found} of them yes; clamscan refused {len(refused)} lines")
            for line in (problems + refused if not ok else [])[:int(os.environ.get("SHOW", "12"))]:
                print("#", line)
    failed = not run_kinds(number) or failed
    sys.exit(failed)


main()
