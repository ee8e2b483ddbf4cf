"""Writes bombs and broken archives into a folder: make_bombs.py DIR. All are small on disk."""
import io, os, struct, sys, zipfile, zlib, gzip, tarfile

out = sys.argv[1]


def put(name, data):
    with open(os.path.join(out, name), "wb") as f:
        f.write(data)


def gz_zeros(total, piece=64 << 20):
    """A gzip of total zeros: the same member again and again."""
    one = gzip.compress(bytes(piece), 9, mtime=0)
    return one * (total // piece)


def zip_of(entries):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in entries:
            z.writestr(name, data)
    return b.getvalue()


def nested_zip(levels, width):
    data = zip_of([("zeros", bytes(32 << 20))])
    for level in range(levels):
        data = zip_of([("%d-%d.zip" % (level, i), data) for i in range(width)])
    return data


def local_header(name, packed, crc, size):
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x21, crc, packed, size,
                       len(name), 0) + name


def overlapped_zip(count, size):
    """Each entry quotes the header of the next in a stored block, and so contains all that follow."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail = packer.compress(bytes(size)) + packer.flush()
    content, packed, entries = bytes(size), len(tail), []
    for i in range(count):
        name = b"f%05d" % (count - i)
        crc = zlib.crc32(content)
        header = local_header(name, packed, crc, len(content))
        tail = header + tail
        entries = [(name, packed, crc, len(content), len(tail))] + entries
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
        if i + 1 < count:
            tail, packed, content = quote + tail, packed + len(header) + len(quote), header + content
    directory = b""
    for name, packed, crc, size, from_end in entries:
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x21, crc, packed,
                                 size, len(name), 0, 0, 0, 0, 0, len(tail) - from_end) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(tail), 0)
    return tail + directory + end


def tar_of_empties(count):
    header = tarfile.TarInfo("empty").tobuf()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts = [packer.compress(header * 10000) for _ in range(count // 10000)]
    return b"".join(parts) + packer.compress(bytes(1024)) + packer.flush()


def zstd_zeros(total):
    """Blocks that say "this byte, 128 KiB times" (RFC 8878, 3.1.1.2)."""
    size = 128 << 10
    block = struct.pack("<I", 1 << 1 | size << 3)[:3] + b"\0"
    last = struct.pack("<I", 1 | 1 << 1 | size << 3)[:3] + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * (total // size - 1) + last


def nested_gzip(levels):
    data = b"x"
    for _ in range(levels):
        data = gzip.compress(data, 1, mtime=0)
    return data


# A 7z header that asks for 16 GiB of memory; the worker has less.
HUGE_HEADER = bytes.fromhex(
    "377abcaf271c00038e27b35516000000000000003e000000ffffff11ccf660ba68656c6c6f206672"
    "6f6d20616e2061726368697665210104060001091600070b01000101000c1600080a01cef9dc6600"
    "00050111f41500650069006300610072002e0063006f006d000000150601002080a4810000"
)

whole = zip_of([("a%d" % i, os.urandom(5000)) for i in range(20)])
put("nested-zip.limit", nested_zip(5, 16))
put("zeros-10G.gz.limit", gz_zeros(10 << 30))
put("zeros-100G.zst.limit", zstd_zeros(100 << 30))
put("tar-of-a-million.limit", tar_of_empties(1000000))
put("nested-1000.gz.limit", nested_gzip(1000))
put("overlapped.zip.limit", overlapped_zip(600, 1 << 20))
put("huge-header.7z.limit", HUGE_HEADER)
put("cut.zip.damaged", whole[: len(whole) // 2])
put("cut.gz.damaged", gzip.compress(os.urandom(100000))[:50000])
put("cut.tar.gz.damaged", gzip.compress(tarfile.TarInfo("a").tobuf() + os.urandom(300))[:-100])
flipped = bytearray(whole)
flipped[3000] ^= 0x55
put("flipped.zip.damaged", bytes(flipped))
