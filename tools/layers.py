"""Reads tools/layers.txt: who may use whom."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Layer:
    def __init__(self, name, is_pure, uses, libraries):
        self.name = name
        self.is_pure = is_pure
        self.uses = uses
        self.libraries = libraries


def read_layers(path=os.path.join(ROOT, "tools", "layers.txt")):
    """Layers by name, from the bottom up, and mains by their file. Who names one not above it is an
    error."""
    layers = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            head, _, rest = line.partition(":")
            uses, _, libraries = rest.partition("+")
            is_pure = head.startswith("pure ")
            name = head.removeprefix("pure ").strip()
            name = name.removeprefix("main ").strip()
            for used in uses.split():
                if used not in layers:
                    raise SystemExit(f"{path}:{number}: {name} names {used}, which is not above it")
            layers[name] = Layer(name, is_pure, uses.split(), libraries.split())
    return layers


def reach(known, name):
    """The folder, those it may use, and those that they need in turn."""
    found = [name]
    for used in found:
        found += [other for other in known[used].uses if other not in found]
    return found


def archives_of(build, folder):
    """The static libraries that a folder was built to."""
    at = os.path.join(build, "src", folder)
    if not os.path.isdir(at):
        return []
    return sorted(os.path.join(at, name) for name in os.listdir(at) if name.endswith(".a"))
