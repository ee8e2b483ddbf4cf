#!/usr/bin/env python3
"""What `lazaret db build` makes of ClamAV's packs, made here: signed, unsigned, cut, in folders of
anybody. Prints TAP. usage: packs.py, with LAZ_BUILD"""
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile

LISTS = [("COPYING", b"words\n"), ("daily.hdb", b"5d41402abc4b2a76b9719d911017c592:5:P.Hello\n"),
         ("daily.ndb", b"P.Body:0:*:6162636465666768\nP.Left:0:*:7162636465666768\n"), ("daily.ign2", b"P.Left\n"),
         ("daily.ndu", b"P.Unwanted:0:*:6162636465666768\n"), ("daily.cbc", b"bytecode\n"), ("daily.xyz", b"what\n")]


def make_pack(path, packed=True, with_md5=True):
    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in LISTS:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    body = gzip.compress(tape.getvalue()) if packed else tape.getvalue()
    md5 = hashlib.md5(body).hexdigest() if with_md5 else "X"
    head = f"ClamAV-VDB:24 Nov 2026 08-00 +0000:27700:3:90:{md5}:abc:test:1795000000"
    with open(path, "wb") as file:
        file.write(head.encode("ascii").ljust(512) + body)


def build(folder, *arguments):
    return subprocess.run([os.environ["LAZ_BUILD"] + "/lazaret", "db", "build", "-o", folder + "/out.lzdb", *arguments],
                          check=False, capture_output=True, text=True)


def run(folder, *arguments):
    return subprocess.run([os.environ["LAZ_BUILD"] + "/lazaret", *arguments], check=False, capture_output=True,
                          text=True, cwd=folder).stdout


def an_unsigned_pack_from_a_good_folder_is_taken(folder):
    make_pack(folder + "/daily.cld", packed=False, with_md5=False)
    done = build(folder, folder + "/daily.cld")
    info = run(folder, "db", "info", folder + "/out.lzdb")
    with open(folder + "/object", "wb") as file:
        file.write(b"..abcdefgh..qbcdefgh..")
    found = run(folder, "scan", "--db", folder + "/out.lzdb", folder + "/object")
    return (done.returncode == 0 and "daily.cld/daily.ndb" in info and "signed" in info
            and "1 by ignored names, 1 of unwanted programs" in done.stdout
            and "P.Body" in found and "P.Left" not in found and "P.Unwanted" not in found), done.stderr + info + found


def unwanted_programs_are_found_when_asked_for(folder):
    make_pack(folder + "/daily.cld", with_md5=False)
    done = build(folder, "--pua", folder + "/daily.cld")
    with open(folder + "/object", "wb") as file:
        file.write(b"..abcdefgh..")
    found = run(folder, "scan", "--db", folder + "/out.lzdb", folder + "/object")
    return done.returncode == 0 and "P.Unwanted" in found, done.stderr + found


def refused(folder, path, part):
    done = build(folder, path)
    return done.returncode != 0 and part in done.stderr and not os.path.exists(folder + "/out.lzdb"), done.stderr


def a_pack_that_is_not_clamavs_is_refused(folder):
    make_pack(folder + "/daily.cvd")
    return refused(folder, folder + "/daily.cvd", "is not signed by ClamAV")


def a_pack_with_another_content_is_refused(folder):
    make_pack(folder + "/daily.cvd")
    with open(folder + "/daily.cvd", "ab") as file:
        file.write(b"x")
    return refused(folder, folder + "/daily.cvd", "does not have the MD5")


def a_pack_that_is_cut_is_refused(folder):
    make_pack(folder + "/daily.cld", with_md5=False)
    os.truncate(folder + "/daily.cld", 620)
    return refused(folder, folder + "/daily.cld", "cut short or damaged")


def an_unsigned_pack_that_others_can_write_is_refused(folder):
    make_pack(folder + "/daily.cld", with_md5=False)
    os.chmod(folder + "/daily.cld", 0o666)
    first = refused(folder, folder + "/daily.cld", "carries no signature")
    os.chmod(folder + "/daily.cld", 0o644)
    os.chmod(folder, 0o777)
    second = refused(folder, folder + "/daily.cld", "carries no signature")
    return first[0] and second[0], first[1] + second[1]


TESTS = [an_unsigned_pack_from_a_good_folder_is_taken, unwanted_programs_are_found_when_asked_for,
         a_pack_that_is_not_clamavs_is_refused, a_pack_with_another_content_is_refused, a_pack_that_is_cut_is_refused,
         an_unsigned_pack_that_others_can_write_is_refused]


def main():
    failed = False
    if os.geteuid() != 0:
        print("1..0 # SKIP a folder of root's is needed")
        return
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            good, said = test(folder)
        failed = failed or not good
        print(f"{'ok' if good else 'not ok'} {number} - {test.__name__}")
        for line in [] if good else said.splitlines():
            print("#", line)
    sys.exit(failed)


main()
