"""Metrics as a reader gets them: fetched over HTTP, taken apart, and checked by Prometheus' own tool."""
import http.client
import pathlib
import re
import socket
import subprocess
import typing
import unittest

from . import unpacked

SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
SUFFIX = re.compile(r"_(bucket|sum|count)$")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: pathlib.Path):
        super().__init__("localhost", timeout=10)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Metrics(typing.NamedTuple):
    text: str
    types: dict[str, str]               # name → type
    labels: dict[str, set[str]]         # name → labels
    samples: dict[tuple, float]         # (name, label, value, …) → value

    def value(self, name: str, **labels: str) -> float:
        """The sum over the series with these labels."""
        return sum(value for key, value in self.samples.items()
                   if key[0] == name and set(labels.items()) <= set(key[1:]))


def fetch(path: pathlib.Path) -> Metrics:
    connection = _UnixConnection(path)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200 or not answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"):
        raise AssertionError(f"{answer.status} {answer.headers}")
    return parse(text)


def parse(text: str) -> Metrics:
    types, labels, samples = {}, {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name], labels[name] = kind, set()
        elif not line.startswith("#"):
            name, inside, value = SAMPLE.match(line).groups()
            pairs = tuple(LABEL.findall(inside or ""))
            samples[(name, *pairs)] = float(value)
            labels[family(name, types)] |= {label for label, _ in pairs}
    return Metrics(text, types, labels, samples)


def family(name: str, types: dict[str, str]) -> str:
    bare = SUFFIX.sub("", name)
    return bare if types.get(bare) == "histogram" else name


def uses(expression: str, types: dict[str, str]) -> dict[str, set[str]]:
    """Metric → the labels that a query selects of it."""
    found: dict[str, set[str]] = {}
    for match in re.finditer(r"\b((?:warifu|process)_[a-z_]+)(?:\{([^}]*)\})?", expression):
        selected = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", match[2] or ""))
        found.setdefault(family(match[1], types), set()).update(selected)
    return found


def promtool(*words, text: str | None = None) -> subprocess.CompletedProcess:
    try:
        root = unpacked.tree("promtool")
    except unpacked.UnpackError as error:
        raise unittest.SkipTest(f"promtool cannot be had: {error}")
    return subprocess.run([root / "usr/bin/promtool", *map(str, words)], input=text, capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL if text is None else None)
