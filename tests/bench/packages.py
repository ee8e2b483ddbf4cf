"""Files of Debian packages, fetched once into a cache folder outside the tree."""
import hashlib
import os
import shutil
import stat
import subprocess

CACHE = os.environ.get("LAZ_CACHE", "/var/cache/lazaret-bench")


def fetch(package):
    """The folder with what the package installs."""
    folder = os.path.join(CACHE, "packages", package)
    if os.path.isdir(folder):
        return folder
    download = os.path.join(CACHE, "download-" + package)
    os.makedirs(download, exist_ok=True)
    subprocess.run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package],
                   cwd=download, check=True, stdout=subprocess.DEVNULL)
    parts = [name for name in os.listdir(download) if name.endswith(".deb")]
    subprocess.run(["dpkg-deb", "-x", os.path.join(download, parts[0]), download + "/x"], check=True)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    os.rename(download + "/x", folder)
    shutil.rmtree(download)
    return folder


def files(package):
    """(path, size) of its regular files, in an order that depends on their names alone."""
    found = []
    folder = fetch(package)
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            state = os.lstat(path)
            if stat.S_ISREG(state.st_mode) and state.st_size > 0:
                found.append((path, state.st_size))
    return sorted(found, key=lambda f: hashlib.md5(f[0][len(folder):].encode()).digest())
