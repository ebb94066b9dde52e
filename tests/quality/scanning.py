"""Runs `warifu scan` over cases and judges what it found.

A case is a mail with the places of its secrets, or without any. Found is what a finding of the asked
severity or above overlaps; a false hit is such a finding in a mail, or a part of a mail, that holds
no secret; a stray one stands beside the secrets of a mail that has some.
"""
import base64
import dataclasses
import json
import pathlib
import subprocess
import tempfile

import figures

LEVELS = ("info", "low", "medium", "high", "critical")
OWN_FAILURES = {"internal", "engine", "resources", "timeout", "directory", "store", "event-log"}


@dataclasses.dataclass
class Case:
    name: str
    family: str
    severity: str  # what is expected at least; `none`: nothing
    data: bytes = b""  # the mail; or
    path: str = ""  # the file that holds it
    secrets: list = None  # each [(part, begin, length)…] of one secret; None: anywhere
    innocent: list = dataclasses.field(default_factory=list)  # (part, begin, length): a finding there is false
    facts: dict = dataclasses.field(default_factory=dict)
    findings: list = dataclasses.field(default_factory=list)
    faults: list = dataclasses.field(default_factory=list)

    def at(self, level: str) -> list:
        return [f for f in self.findings if LEVELS.index(f["severity"]) >= LEVELS.index(level)]

    def expected_at(self, level: str) -> bool:
        return self.severity != "none" and LEVELS.index(self.severity) >= LEVELS.index(level)


def overlaps(finding, places) -> bool:
    return any(finding["part"] == part and finding["offset"] < begin + length and begin < finding["offset"] + max(1, finding["length"])
               for part, begin, length in places)


def attached(name: str, data: bytes) -> bytes:
    """A mail with one attachment, its part number 2."""
    shown = name.rpartition("/")[2].encode("ascii", "replace").decode()
    return (b"Date: Mon, 5 Jan 2026 09:00:00 +0900\r\nFrom: taro@example.jp\r\nTo: hanako@example.com\r\nSubject: file\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\n"
            b"The file is attached.\r\n--=_b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=\"" + shown.encode() + b"\"\r\n\r\n"
            + base64.encodebytes(data).replace(b"\n", b"\r\n") + b"--=_b--\r\n")


def as_text(data: bytes, charset: str = "utf-8", type_: str = "text/plain") -> bytes:
    """A mail of one part, number 1."""
    return (f"Date: Mon, 5 Jan 2026 09:00:00 +0900\r\nFrom: taro@example.jp\r\nTo: hanako@example.com\r\nSubject: text\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: {type_}; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n").encode() \
        + base64.encodebytes(data).replace(b"\n", b"\r\n")


class Tool:
    def __init__(self, warifu: str, rules: str, foreign: bool = False):
        self.command = [warifu, "scan", "--all", "--format", "json", "--rules", rules, *(["--foreign"] if foreign else [])]
        self.problems = []

    def scan(self, cases: list) -> list:
        """Puts findings and faults into the cases. A mailbox of several messages is one case."""
        by_path = {}
        with tempfile.TemporaryDirectory(prefix="warifu-quality-") as scratch:
            for number, case in enumerate(cases):
                path = case.path
                if not path:
                    path = f"{scratch}/{number:06}.eml"
                    pathlib.Path(path).write_bytes(case.data)
                by_path[path] = case
            own = [case.path for case in cases if case.path]
            for arguments in [own[n:n + 500] for n in range(0, len(own), 500)] + ([[scratch]] if len(own) < len(cases) else []):
                self.take(by_path, arguments)
        return cases

    def take(self, by_path, arguments):
        run = subprocess.run([*self.command, *arguments], capture_output=True, text=True, errors="replace", check=False)
        if run.returncode not in (0, 1):
            raise SystemExit(f"warifu scan: exit status {run.returncode}\n{run.stderr[-2000:]}")
        seen = set()
        for line in run.stdout.splitlines():
            message = json.loads(line)
            case = by_path[message["path"]]
            seen.add(message["path"])
            case.findings += message["findings"]
            case.faults += [fault["cause"] for fault in message["faults"]]
            self.problems += [f"{case.name}: fault {cause}" for cause in case.faults if cause in OWN_FAILURES]
        wanted = set(arguments) if arguments[0] in by_path else {p for p in by_path if p.startswith(arguments[0] + "/")}
        self.problems += [f"{by_path[path].name}: not scanned" for path in sorted(wanted - seen)]


def secrets_found(case: Case, level: str) -> int:
    """How many of the secrets the findings stand for: each for one, or for as many as it says records (`rows`)."""
    found = case.at(level)
    if case.secrets is None:
        return 1 if found else 0
    left = [finding.get("rows", 1) for finding in found]
    count = 0
    for places in case.secrets:
        over = [n for n, finding in enumerate(found) if left[n] and overlaps(finding, places)]
        if over:
            left[min(over, key=lambda n: found[n]["length"])] -= 1
            count += 1
    return count


def strays(case: Case, level: str) -> list:
    if case.secrets is None:
        return []
    return [f for f in case.at(level) if not any(overlaps(f, places) for places in case.secrets)]


def false_hits(case: Case, level: str) -> list:
    if case.severity == "none":
        return case.at(level)
    return [f for f in case.at(level) if overlaps(f, case.innocent)]


def judge(cases: list, level: str, **names) -> dict:
    """One row of figures. Recall is of mails that hold what is expected at `level`; precision of all mails."""
    wanted = [case for case in cases if case.expected_at(level)]
    innocent = [case for case in cases if case.severity == "none"]
    found = [case for case in wanted if secrets_found(case, level)]
    false = [case for case in innocent if case.at(level)]
    right = [case for case in cases if case.severity != "none" and secrets_found(case, level)]
    secrets = sum(1 if case.secrets is None else len(case.secrets) for case in wanted)
    secrets_hit = sum(secrets_found(case, level) for case in wanted)
    return {**names, "severity": level, "positives": len(wanted), "found": len(found), "recall": figures.ratio(len(found), len(wanted)),
            "missed_at_most": figures.at_most(len(wanted) - len(found), len(wanted)) if wanted else None,
            "secrets": secrets, "secrets_found": secrets_hit, "secret_recall": figures.ratio(secrets_hit, secrets),
            "negatives": len(innocent), "false_hits": len(false),
            "false_at_most": figures.at_most(len(false), len(innocent)) if innocent else None,
            "precision": figures.ratio(len(right), len(right) + len(false)),
            "false_lines": sum(len(false_hits(case, level)) for case in cases if case.severity != "none"),
            "stray": sum(len(strays(case, level)) for case in cases if case.severity != "none")}
