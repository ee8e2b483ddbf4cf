#!/usr/bin/env python3
"""The clean files that the engine is measured on: more than 1 GB in more than 20,000 files of many
types, from the Debian packages named here, and 10,000 files under 4 KiB from others.

usage: corpus.py FOLDER    makes FOLDER/mixed and FOLDER/small, unless they are there
"""
import os
import shutil
import sys

import packages

# How many MB of each package at most.
MIXED = {
    "libwine": 270,  # PE
    "rust-doc": 110,  # HTML
    "openjdk-17-doc": 60,
    "texlive-latex-base-doc": 100,  # PDF
    "libllvm14": 105,  # ELF
    "libreoffice-core": 110,
    "libnode108": 45,
    "git": 40,
    "samba-libs": 25,
    "openjdk-17-jre-headless": 60,
    "libapache-poi-java": 6,  # Java, which is zip
    "golang-1.19-src": 60,  # text
    "mediawiki": 90,
    "wordpress": 50,
    "node-typescript": 60,
    "libpython3.11-stdlib": 9,
    "perl-modules-5.36": 17,
    "python3-sympy": 30,
    "fonts-noto-core": 40,  # fonts and pictures
    "gimp-data": 60,
}
SMALL = ["golang-1.19-src", "mediawiki", "rust-doc", "linux-libc-dev",
         "libboost1.74-dev", "node-typescript", "libwine", "python3-sympy", "openjdk-17-doc"]
SMALL_COUNT = 10000
SMALL_MAX = 4096


def place(source, folder, number):
    """A copy, 500 to a folder."""
    target = os.path.join(folder, f"{number // 500:03}")
    os.makedirs(target, exist_ok=True)
    shutil.copyfile(source, os.path.join(target, f"{number:05}-{os.path.basename(source)[-80:]}"))


def make_mixed(folder):
    count = total = 0
    for package, most in MIXED.items():
        taken = 0
        for path, size in packages.files(package):
            if taken + size > most * 1000000:
                continue
            place(path, folder, count)
            count += 1
            taken += size
        total += taken
    return count, total


def make_small(folder):
    count = total = 0
    lists = [[f for f in packages.files(package) if f[1] < SMALL_MAX] for package in SMALL]
    turn = 0
    while count < SMALL_COUNT and any(lists):
        part = lists[turn % len(lists)]
        turn += 1
        if part:
            path, size = part.pop()
            place(path, folder, count)
            count += 1
            total += size
    return count, total


def main():
    for name, make in (("mixed", make_mixed), ("small", make_small)):
        folder = os.path.join(sys.argv[1], name)
        if os.path.isdir(folder):
            continue
        shutil.rmtree(folder + ".part", ignore_errors=True)
        count, total = make(folder + ".part")
        os.rename(folder + ".part", folder)
        print(f"corpus: {name}: {count} files, {total / 1e6:.0f} MB")


main()
