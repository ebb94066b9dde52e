"""Debian packages unpacked beside the system (dpkg -x), never installed.

Reads a list of packaging/dependencies (unpack: the mail server; servers: databases and directories)
and keeps the files under build/unpacked/ of the source tree, so that a second run needs no network. Nothing of dpkg's database, /etc or the
machine's own services changes: no maintainer script runs.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
LISTS = ROOT / "packaging/dependencies"


class UnpackError(Exception):
    """The packages cannot be had; the text says why, for a person."""


def packages(name: str = "unpack") -> list[str]:
    lines = (line.split("#")[0].split() for line in (LISTS / name).read_text().splitlines())
    return [words[0] for words in lines if words]


def tree(name: str = "unpack") -> pathlib.Path:
    """The folder with the unpacked packages; made on first use, by one process at a time."""
    wanted = packages(name)
    key = hashlib.sha256(" ".join(wanted).encode()).hexdigest()[:12]
    base = pathlib.Path(os.environ.get("WARIFU_UNPACKED", ROOT / "build/unpacked"))
    base.mkdir(parents=True, exist_ok=True)
    target = base / key
    with open(base / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _fill(target, wanted)
    return target


def _fill(target: pathlib.Path, wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        work = pathlib.Path(folder)
        (work / "deb").mkdir()
        (work / "root").mkdir()
        _download(work / "deb", wanted)
        for deb in sorted((work / "deb").glob("*.deb")):
            subprocess.run(["dpkg", "-x", deb, work / "root"], check=True)
        (work / "root").chmod(0o755)
        shutil.move(work / "root", target)


def _download(folder: pathlib.Path, wanted: list[str]) -> None:
    """apt-get download; the package lists are fetched only where the first try fails."""
    def apt(*words):
        return subprocess.run(
            ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", *words],
            cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    try:
        answer = apt("download", *wanted)
        if answer.returncode != 0:
            apt("update")
            answer = apt("download", *wanted)
    except FileNotFoundError:
        raise UnpackError("apt-get is missing: private servers need Debian or its kin")
    if answer.returncode != 0:
        raise UnpackError("apt-get download failed:\n" + answer.stderr.strip())


def library_path(root: pathlib.Path) -> str:
    """For LD_LIBRARY_PATH: Postfix's own libraries, then the unpacked system ones."""
    folders = [root / "usr/lib/postfix", *(p.parent for p in root.glob("usr/lib/*-linux-gnu*/libsasl2.so.2")),
               *(p.parent for p in root.glob("usr/lib/*-linux-gnu*/libdb-5.3.so"))]
    return ":".join(dict.fromkeys(map(str, folders)))


def sasl_plugins(root: pathlib.Path) -> str:
    return ":".join(str(p) for p in root.glob("usr/lib/*-linux-gnu*/sasl2"))
