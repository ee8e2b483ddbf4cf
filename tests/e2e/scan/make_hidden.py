"""Writes archives that tell one reader this and another that: make_hidden.py DIR. Names end in what
must be said of them."""
import bz2, gzip, io, lzma, os, struct, sys, tarfile, zipfile

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
# Put together only here.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*")
END, ENTRY = b"PK\x05\x06", b"PK\x01\x02"


def put(name, data):
    with open(os.path.join(out, name), "wb") as f:
        f.write(data)


def zip_of(*entries):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in entries:
            z.writestr(name, data)
    return b.getvalue()


def tar_of(name, data):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return b.getvalue()


def program(body):
    """A PE of one read-only section that holds body, which nothing runs."""
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 64)
    header += b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 224, 2)
    header += struct.pack("<H", 0x10B).ljust(224, b"\0")
    header += struct.pack("<8sIIIIIIHHI", b".rdata", len(body), 0x1000, len(body), 512, 0, 0, 0, 0,
                          0x40000040)
    return header.ljust(512, b"\0") + body


def changed(data, offset, form, value):
    b = bytearray(data)
    struct.pack_into(form, b, offset, value)
    return bytes(b)


def moved(before, directory, first):
    """A directory behind other bytes, with its one entry at first."""
    end = directory.rindex(END)
    return before + changed(changed(directory, end + 16, "<I", len(before)), 42, "<I", first)


class Pipe(io.RawIOBase):
    """Nothing can be written again, so sizes stand behind the data."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


good, evil = zip_of(("a.txt", b"hello" * 50)), zip_of(("e.com", EICAR))
at, evil_at = good.index(ENTRY), evil.index(ENTRY)
good_entries, directory, evil_entries = good[:at], good[at:], evil[:evil_at]
end = good.rindex(END)

put("entry-behind-the-others.zip.found", moved(good_entries + evil_entries, directory, 0))
put("entry-before-the-others.zip.found",
    moved(evil_entries + good_entries, directory, len(evil_entries)))
put("zip-behind-zip.zip.found", good + evil)
put("zip-before-zip.zip.found", evil + good)
put("zip-behind-an-empty-one.zip.found", zip_of() + evil)
put("zip-in-a-comment.zip.found", changed(good, end + 20, "<H", len(evil)) + evil)
long = evil + bytes(30000) # more than some readers look back
put("zip-in-a-long-comment.zip.found", changed(good, end + 20, "<H", len(long)) + long)
put("sizes-that-lie.zip.found", changed(evil, evil_at + 24, "<I", 5))
empty = changed(changed(evil, evil_at + 24, "<I", 0), 22, "<I", 0)
put("of-no-size-it-says.zip.found", empty)
unnamed = zip_of(("\u00e9" * 8, EICAR)).replace("\u00e9".encode(), b"\xff\xfe") # said to be UTF-8
put("name-that-is-none.zip.found", unnamed)
put("no-directory.zip.found", evil_entries)
put("two-of-one-name.zip.found", zip_of(("a", b"hello"), ("b", EICAR)).replace(b"b", b"a"))
put("no-directory-and-rubbish.zip.damaged", good_entries + ENTRY + bytes(50) + evil_entries)
put("methods-differ.zip.damaged", changed(good, 8, "<H", 0))
put("entry-that-is-not-there.zip.damaged", changed(good, at + 42, "<I", 7))
put("disk-two-of-two.zip.damaged", changed(good, end + 4, "<H", 1))

put("zip-behind-gzip.gz.found", gzip.compress(b"hello") + evil)
put("gzip-behind-gzip.gz.found", gzip.compress(b"hello") + gzip.compress(EICAR))
put("gzip-behind-zeros.gz.found", gzip.compress(b"hello") + bytes(64) + gzip.compress(EICAR))
put("gzip-behind-bzip2.bz2.found", bz2.compress(b"hello") + gzip.compress(EICAR))
put("two-streams.xz.found", lzma.compress(b"hello") + lzma.compress(EICAR))
put("two-streams-with-zeros.xz.found", lzma.compress(b"hello") + bytes(8) + lzma.compress(EICAR))
put("tar-behind-tar.tar.found", tar_of("a", b"x") + tar_of("e", EICAR))
lzma_filter = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 29}] # more memory than a worker has
put("large-dictionary.lzma.unclean",
    lzma.compress(EICAR * 2, format=lzma.FORMAT_ALONE, filters=lzma_filter))
put("no-header.lzh.damaged", b"\xff\0-lh5-" + b"\xff" * 300)
with open("/usr/share/clamav-testfiles/clam.cab", "rb") as f:
    cab = f.read()
for at, byte in [(75, 127)]:
    cab = changed(cab, at, "B", byte)
put("data-that-cannot-be-read.cab.damaged", cab)
with open("/usr/share/clamav-testfiles/clam.exe", "rb") as f:
    clam = f.read()
put("program-in-a-program.exe.found", program(bytes(700) + clam))
put("program-in-programs.exe.found", program(program(program(clam) + bytes(9)) + bytes(100)))

put("plain.zip.clean", good)
put("empty.zip.clean", zip_of())
put("empty.gz.clean", gzip.compress(b""))
put("program-with-program.exe.clean", program(program(b"hello")))
pipe = Pipe()
with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:
    for i in range(20):
        z.writestr("f%d" % i, b"hello" * i)
put("sizes-behind-the-data.zip.clean", pipe.data)
