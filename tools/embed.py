#!/usr/bin/env python3
"""Puts the files of a folder into a program: one blob of their bytes, whole and compressed, and a table in C
that says what is where and takes the blob in. The same files give the same bytes.

usage: embed.py PAGE_DIR BLOB TABLE.c DEPFILE [NAME=FILE...]
NAME=FILE adds a file from elsewhere as /NAME."""

import gzip
import hashlib
import pathlib
import re
import sys

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# Vite names these after their content: name-HASH.ext.
HASHED = re.compile(r"^/assets/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
ALIGNMENT = 16


def collect(page_dir, extra):
    root = pathlib.Path(page_dir)
    files = {"/" + p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file()}
    for item in extra:
        name, _, path = item.partition("=")
        files["/" + name] = pathlib.Path(path)
    # The server searches by bytes.
    return sorted(files.items(), key=lambda item: item[0].encode())


def append(blob, data):
    blob.extend(b"\0" * (-len(blob) % ALIGNMENT))
    offset = len(blob)
    blob.extend(data)
    return offset


def describe(blob, name, data):
    kind = CONTENT_TYPES.get(pathlib.PurePosixPath(name).suffix)
    if kind is None:
        sys.exit(f"embed.py: {name}: no content type is known for it (add it to CONTENT_TYPES)")
    packed = gzip.compress(data, compresslevel=9, mtime=0)
    offset = append(blob, data)
    # Fonts and small files gain nothing.
    worth = len(packed) < len(data) * 9 // 10
    packed_offset = append(blob, packed) if worth else 0
    etag = hashlib.sha256(data).hexdigest()[:32]
    return (
        f'    {{"{name}", "{kind}", "\\"{etag}\\"", {"true" if HASHED.match(name) else "false"}, '
        f"{offset}u, {len(data)}u, {packed_offset}u, {len(packed) if worth else 0}u}},\n"
    )


def include_blob(path):
    lines = [
        ".pushsection .rodata",
        ".balign 16",
        ".globl laz_page_blob",
        ".type laz_page_blob, %object",
        "laz_page_blob:",
        f'.incbin \\"{path}\\"',
        ".byte 0",
        ".size laz_page_blob, . - laz_page_blob",
        ".popsection",
    ]
    return "__asm__(" + "\n        ".join(f'"{line}\\n"' for line in lines) + ");\n"


def main():
    page_dir, blob_path, table_path, dep_path, *extra = sys.argv[1:]
    blob = bytearray()
    files = collect(page_dir, extra)
    rows = [describe(blob, name, path.read_bytes()) for name, path in files]
    pathlib.Path(blob_path).write_bytes(blob)
    pathlib.Path(table_path).write_text(
        '#include "console/page.h"\n\nconst struct laz_page_file laz_page_files[] = {\n'
        + "".join(rows)
        + f"}};\nconst uint32_t laz_page_file_count = {len(rows)};\n\n"
        + include_blob(pathlib.Path(blob_path).resolve())
    )
    sources = " ".join(str(path.resolve()) for _, path in files)
    pathlib.Path(dep_path).write_text(f"{blob_path}: {sources}\n")


main()
