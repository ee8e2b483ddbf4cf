#!/usr/bin/env python3
"""Programs that somebody signed, and ClamAV's lists of certificates (.crb): a small authority is made
here, a program is put together and signed, and `lazaret scan` must say of each list what clamscan 1.4.6
says. Prints TAP. usage: certificates.py, with LAZ_BUILD"""
import hashlib
import os
import re
import ssl
import subprocess
import sys
import tempfile

BUILD = os.environ["LAZ_BUILD"]
EXTENSIONS = "extendedKeyUsage=codeSigning\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"


def run(*arguments, folder=None, check=True):
    return subprocess.run(arguments, check=check, capture_output=True, text=True, cwd=folder).stdout


def make_authority(folder):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem",
        "-subj", "/CN=Test Root", "-days", "30", folder=folder)
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "signer.key", "-out", "signer.csr",
        "-subj", "/CN=Test Signer", folder=folder)
    with open(folder + "/extensions", "w", encoding="ascii") as file:
        file.write(EXTENSIONS)
    run("openssl", "x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
        "-out", "signer.pem", "-days", "30", "-extfile", "extensions", folder=folder)
    run("sh", "-c", "cat signer.pem root.pem > chain.pem", folder=folder)


def make_programs(folder):
    run(BUILD + "/tests/unit/engine/pe_write", folder)
    run("osslsigncode", "sign", "-certs", "chain.pem", "-key", "signer.key", "-h", "sha256", "-in", "plain-32",
        "-out", "good", folder=folder)
    with open(folder + "/good", "rb") as file:
        data = bytearray(file.read())
    data[0x50] ^= 1
    with open(folder + "/changed", "wb") as file:
        file.write(data)


def take(data, at):
    """The place of a DER value's content, and of what follows it."""
    size, at = data[at + 1], at + 2
    if size & 0x80:
        size, at = int.from_bytes(data[at:at + (size & 0x7f)], "big"), at + (size & 0x7f)
    return at, at + size


class Certificate:
    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            data = ssl.PEM_cert_to_DER_cert(file.read())
        at = take(data, take(data, 0)[0])[0]
        values = []
        for _ in range(6):  # version, serial, method, issuer, validity, subject
            begin, at = take(data, at)
            values.append(hashlib.sha1(data[begin:at]).hexdigest())
        self.serial, self.subject = values[1], values[5]
        self.key = re.search("Modulus=(.*)", run("openssl", "x509", "-in", path, "-noout", "-modulus"))[1].lower()

    def line(self, trusted, flags="1;1;1", serial=None, subject=None, tail="0;words", name="C.Test"):
        serial = self.serial if serial is None else serial
        return f"{name};{trusted};{subject or self.subject};{serial};{self.key};010001;{flags};{tail}"


def scan(folder, program, lines):
    """The names of what is found in a program that a list of hashes holds, too."""
    with open(folder + "/" + program, "rb") as file:
        data = file.read()
    with open(folder + "/lists.hsb", "w", encoding="ascii") as file:
        file.write(f"{hashlib.sha256(data).hexdigest()}:{len(data)}:C.Hash\n")
    with open(folder + "/lists.crb", "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    run(BUILD + "/lazaret", "db", "build", "-o", "out.lzdb", "lists.hsb", "lists.crb", folder=folder)
    return set(re.findall(r"malicious: (\S+)", run(BUILD + "/lazaret", "scan", "--db", "out.lzdb", program,
                                                   folder=folder, check=False)))


def cases(signer, root):
    """What it is about, the program, the list, what is found."""
    both, hash_only, nothing = {"C.Hash", "C.Test"}, {"C.Hash"}, set()
    yield "a blocked signer is found", "good", [signer.line(0)], both
    yield "a blocked issuer is found", "good", [root.line(0)], both
    yield "without a serial number any is meant", "good", [signer.line(0, serial="")], both
    yield "another serial number is another certificate", "good", [signer.line(0, serial=root.serial)], hash_only
    yield "another subject is another certificate", "good", [signer.line(0, subject=root.subject)], hash_only
    yield "what a blocked one may sign does not matter", "good", [signer.line(0, "0;0;0")], both
    yield "a blocked one is found in a program that was changed", "changed", [signer.line(0)], both
    yield "an entry without a time holds", "good", [signer.line(0, tail=";")], both
    yield "an entry for later levels does not", "good", [signer.line(0, tail="0;words;300")], hash_only
    yield "an entry for earlier levels does not", "good", [signer.line(0, tail="0;words;51;100")], hash_only
    yield "a trusted signer allows", "good", [signer.line(1)], nothing
    yield "a trusted signer need not sign certificates", "good", [signer.line(1, "1;0;0")], nothing
    yield "a signer that is trusted for time stamps allows nothing", "good", [signer.line(1, "0;1;0")], hash_only
    yield "a trusted issuer allows", "good", [root.line(1)], nothing
    yield "an issuer must be trusted to sign certificates", "good", [root.line(1, "1;1;0")], hash_only
    yield "and for code", "good", [root.line(1, "0;1;1")], hash_only
    yield "a program that was changed is not allowed", "changed", [signer.line(1)], hash_only
    yield "a blocked signer of a trusted issuer is found", "good", [root.line(1), signer.line(0)], both


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_authority(folder)
        make_programs(folder)
        signer, root = Certificate(folder + "/signer.pem"), Certificate(folder + "/root.pem")
        failed = number = 0
        for title, program, lines, expected in cases(signer, root):
            found, number = scan(folder, program, lines), number + 1
            if found != expected:
                failed += 1
                print(f"# found {sorted(found)}, expected {sorted(expected)}")
            print(f"{'ok' if found == expected else 'not ok'} {number} - {title}")
        print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
