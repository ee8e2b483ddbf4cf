#!/usr/bin/env python3
"""Signatures in the shape of ClamAV's real sets: 40,000 logical ones (83 % for PE, 4.7 % for any file,
4.4 sub-signatures each), 240,000 hashes with sizes, 10,000 bodies. Sub-signatures are cut from real
bytes of the same file types in packages that the corpus does not use, common strings among them; each
signature asks for one cut that was changed, as malware differs from what it was made of, so that
clean files do not match.

usage: signatures.py FOLDER [SEED [LDB HASHES NDB]]
    writes bench.ldb, bench.hdb, bench.hsb, bench.mdb, bench.ndb; and atoms.hex, in which the first
    eight bytes of each sub-signature stand: what a careless choice of atoms would look for
"""
import collections
import hashlib
import os
import random
import re
import sys
import zipfile

import packages

PE, OLE2, HTML, ELF, TEXT, PDF, JAVA, ANY = 1, 2, 3, 6, 7, 10, 12, 0
# Which packages stand for a target, and by what their files begin.
SOURCES = {
    PE: (["libmono-corlib4.5-dll", "mono-mcs", "libmono-system4.0-cil", "libmono-system-core4.0-cil",
          "libmono-system-web4.0-cil", "nsis", "gdb-mingw-w64-target",
          "gcc-mingw-w64-x86-64-win32-runtime", "gcc-mingw-w64-i686-win32-runtime",
          "libgcrypt-mingw-w64-dev", "libgpg-error-mingw-w64-dev", "libz-mingw-w64",
          "systemd-boot-efi", "shim-unsigned"], b"MZ"),
    ELF: (["postgresql-15", "busybox"], b"\x7fELF"),
    HTML: (["postgresql-doc-15", "libboost1.74-doc"], b"<"),
    PDF: (["r-doc-pdf"], b"%PDF"),
    TEXT: (["roundcube-core", "perl-doc"], b""),
    JAVA: (["ant"], b"PK"),
}
SHARE = {PE: 83, ANY: 4.7, ELF: 3, HTML: 2.8, OLE2: 2.5, TEXT: 2, PDF: 1.2, JAVA: 0.8}
NDB_SHARE = {PE: 55, ANY: 25, HTML: 10, OLE2: 4, ELF: 3, PDF: 3}
SUBSIGS = {1: 12, 2: 18, 3: 17, 4: 16, 5: 12, 6: 8, 7: 6, 8: 4, 10: 4, 15: 2, 20: 1}
PER_PACKAGE = 12 * 1000000
RUN = re.compile(rb"[\x20-\x7e]{8,60}")
WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){8,40}")


def read(package, begin):
    taken = 0
    for path, size in packages.files(package):
        with open(path, "rb") as file:
            data = file.read()
        if begin == b"PK" and path.endswith(".jar"):
            with zipfile.ZipFile(path) as jar:
                parts = [jar.read(name) for name in sorted(jar.namelist()) if name.endswith(".class")]
        else:
            parts = [data] if data.startswith(begin) and size >= 512 else []
        for part in parts:
            yield part
        taken += size
        if taken > PER_PACKAGE:
            return


class Pool:
    """What signatures for one target are cut from."""

    def __init__(self, target):
        names, begin = SOURCES[target]
        self.files = [data for name in names for data in read(name, begin) if len(data) >= 256]
        seen = collections.Counter()
        for data in self.files:
            seen.update(set(RUN.findall(data)[:4000]))
        usual = max(3, len(self.files) // 50)
        self.common = sorted(text for text, count in seen.items() if count >= usual) or [b"http://www."]

    def window(self, rng, low, high):
        data = rng.choice(self.files)
        length = rng.randint(low, high)
        at = rng.randrange(max(1, len(data) - length))
        return data[at:at + length]

    def text(self, rng):
        data = rng.choice(self.files)
        at = rng.randrange(max(1, len(data) - 4096))
        found = (WIDE if rng.random() < 0.2 else RUN).search(data, at, at + 8192)
        return found.group()[:60] if found else self.window(rng, 10, 30)


def changed(rng, body):
    body = bytearray(body)
    for place in (len(body) // 4, len(body) // 2, 3 * len(body) // 4):
        body[place] = rng.randrange(1, 256)
    return bytes(body)


def spelled(rng, body):
    """Its hexadecimal text, one in ten with wildcards behind the first bytes."""
    text = body.hex()
    if len(body) < 16 or rng.random() >= 0.1:
        return text
    kind = rng.randrange(3)
    at = rng.randrange(8, len(body) - 6)
    if kind == 0:
        return text[:2 * at] + "??" + text[2 * at + 2:]
    if kind == 1:
        return text[:2 * at] + "{2}" + text[2 * at + 4:]
    return text[:2 * at] + "{0-16}" + text[2 * at:]


def cut(rng, pool):
    """Filling is left out: no analyst cuts there."""
    while True:
        body = cut_any(rng, pool)
        if len(set(body[:8])) >= min(4, len(body)):
            return body


def cut_any(rng, pool):
    kind = rng.random()
    if kind < 0.45:
        return pool.window(rng, 10, 40)
    if kind < 0.80:
        return pool.text(rng)
    if kind < 0.97:
        return rng.choice(pool.common)
    return pool.window(rng, 6, 8)


def unusual(rng, pool):
    body = pool.window(rng, 16, 40) if rng.random() < 0.6 else pool.text(rng)
    body = changed(rng, body)
    while len(set(body[:8])) < 4:
        body = changed(rng, pool.window(rng, 16, 40))
    return body


def expression(rng, count):
    """All of the last, and of the others all, some, or how often."""
    last = count - 1
    if count == 1:
        return "0"
    others = list(range(last))
    kind = rng.random()
    if kind < 0.6 or count == 2:
        return "&".join(map(str, others + [last]))
    if kind < 0.8:
        return "(" + "|".join(map(str, others)) + f")&{last}"
    if kind < 0.9:
        return f"(({'&'.join(map(str, others))})|({others[0]}>1))&{last}"
    return "(" + "|".join(map(str, others)) + f")>{min(2, last)},{min(2, last)}&{last}"


def pick(rng, shares):
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def pool_of(rng, pools, target):
    return pools[target] if target in pools else pools[rng.choice([PE, HTML, TEXT])]


def write_ldb(rng, pools, count, out, atoms):
    total = 0
    for i in range(count):
        target = pick(rng, SHARE)
        pool = pool_of(rng, pools, target)
        parts = [cut(rng, pool) for _ in range(pick(rng, SUBSIGS) - 1)] + [unusual(rng, pool)]
        total += len(parts)
        atoms.extend((target, part[:8]) for part in parts)
        texts = []
        for part in parts:
            place = "EP+0:" if target == PE and rng.random() < 0.02 else ""
            texts.append(place + spelled(rng, part))
        out.write(f"Bench.Logical-{i};Engine:51-255,Target:{target};{expression(rng, len(parts))};"
                  + ";".join(texts) + "\n")
    return total / count


def write_ndb(rng, pools, count, out, atoms):
    for i in range(count):
        target = pick(rng, NDB_SHARE)
        part = unusual(rng, pool_of(rng, pools, target))
        atoms.append((target, part[:8]))
        out.write(f"Bench.Body-{i}:{target}:*:{spelled(rng, part)}\n")


def size_of(rng):
    """Half of real hashes are of small objects; the rest lie around 200 KB."""
    if rng.random() < 0.5:
        return rng.randrange(100, 65536)
    return min(50000000, max(100, int(rng.lognormvariate(12.2, 1.3))))


def write_hashes(rng, count, folder):
    with open(folder + "/bench.hdb", "w") as hdb, open(folder + "/bench.hsb", "w") as hsb, \
            open(folder + "/bench.mdb", "w") as mdb:
        for i in range(count):
            kind = rng.random()
            seed = i.to_bytes(8, "big") + rng.randbytes(8)
            if kind < 0.60:
                mdb.write(f"{size_of(rng)}:{hashlib.md5(seed).hexdigest()}:Bench.Section-{i}\n")
            elif kind < 0.75:
                hdb.write(f"{hashlib.md5(seed).hexdigest()}:{size_of(rng)}:Bench.Hash-{i}\n")
            else:
                hsb.write(f"{hashlib.sha256(seed).hexdigest()}:{size_of(rng)}:Bench.Hash-{i}\n")


def main():
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    counts = [int(n) for n in sys.argv[3:6]] or [40000, 240000, 10000]
    rng = random.Random(seed)
    pools = {target: Pool(target) for target in SOURCES}
    atoms = []
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/bench.ldb", "w") as out:
        average = write_ldb(rng, pools, counts[0], out, atoms)
    with open(folder + "/bench.ndb", "w") as out:
        write_ndb(rng, pools, counts[2], out, atoms)
    write_hashes(rng, counts[1], folder)
    with open(folder + "/atoms.hex", "w") as out:
        for atom in sorted({atom for _, atom in atoms}):
            out.write(atom.hex() + "\n")
    print(f"signatures: {counts[0]} logical ({average:.1f} sub-signatures each), {counts[1]} hashes,"
          f" {counts[2]} bodies, seed {seed}")


main()
