"""warifu-milter under test: started with a configuration of its own, stopped by its process id.

The program and the rules are copied into the scratch folder, since the daemon runs as an
unprivileged user that may not be able to reach the source tree (/root is 0700).
"""
import contextlib
import grp
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from . import scratch, unpacked

BUILD = pathlib.Path(os.environ.get("WARIFU_BUILD", unpacked.ROOT / "build/dev"))
STANDARD = {
    "mode": "enforce", "domains": ["example.jp"], "trusted_networks": [], "events.all": True,
    "listeners": [
        {"name": "submission", "daemon_name": "submission", "submission": True, "require_account": True},
        {"name": "mx", "daemon_name": ""}]}
# What the daemon has compiled of the shipped rules: with it a start takes a third of a second, not three.
COMPILED = BUILD / "tests/compiled-rules"
USER = "daemon"  # of base-passwd: owns nothing, and is not the user that Postfix runs as


class Warifu:
    """One daemon. `settings`: dotted names of warifu.conf(5) → values, beside those of STANDARD;
    a value that is None leaves the setting out, "@folder@" in one is the daemon's scratch folder."""

    def __init__(self, folder: pathlib.Path, settings: dict, *, table: str = "", group: int = 0,
                 patterns: str | pathlib.Path = unpacked.ROOT / "patterns",
                 actions: dict[str, str] | None = None, env: dict[str, str] | None = None,
                 programs: pathlib.Path | None = None, template: str = ""):
        """`patterns`: a folder to copy, or the text of rules; `actions`: rule → another action;
        `env`: further variables of the daemon's and the tool's;
        `programs`: the root of an unpacked package; `template`: a warifu.conf whose @folder@,
        @socket@ and @patterns@ are filled in, in the place of `settings`."""
        self.folder = folder
        account = pwd.getpwnam(USER)
        self.uid, self.gid, self.group = account.pw_uid, account.pw_gid, group or account.pw_gid
        folder.mkdir(parents=True)
        for name in ("run", "state", "cache", "log"):
            (folder / name).mkdir()
            os.chown(folder / name, self.uid, self.gid)
        self.socket = folder / "run/milter.sock"
        self.control = folder / "run/control.sock"
        self.events_path, self.log = folder / "log/events.jsonl", folder / "log/warifu.log"
        self.table, self.config = folder / "sender_login_maps", folder / "warifu.conf"
        self.patterns = folder / "patterns"
        self.template = template
        self.env = env or {}
        self.programs = _programs(folder, programs)
        self.table.write_text(table)
        self.shares_compiled = isinstance(patterns, pathlib.Path)
        if self.shares_compiled:
            shutil.copytree(patterns, self.patterns)
            self._take_compiled()
        else:
            self.patterns.mkdir()
            (self.patterns / "live.toml").write_text(patterns)
        for rule, action in (actions or {}).items():
            self.act(rule, action)
        self.configure(settings)
        self.process: subprocess.Popen | None = None

    def act(self, rule: str, action: str) -> None:
        """Gives a rule another action; a running daemon reads it at the next reload."""
        for path in self.patterns.glob("*.toml"):
            text, count = re.subn(rf'(?s)(\nid = "{rule}"\n.*?\naction = ")\w+', rf"\g<1>{action}", path.read_text())
            if count:
                path.write_text(text)
                return
        raise LookupError(f"no rule {rule} with an action")

    @property
    def address(self) -> str:
        """As smtpd_milters wants it."""
        return f"unix:{self.socket}"

    def configure(self, settings: dict) -> None:
        """Writes warifu.conf; a running daemon reads it at the next reload."""
        if self.template:
            self.config.write_text(self.template.replace("@folder@", str(self.folder))
                                   .replace("@socket@", self.address).replace("@patterns@", str(self.patterns)))
            return
        paths = {
            "socket.address": self.address, "socket.mode": "0660",
            "socket.group": grp.getgrgid(self.group).gr_name, "control.socket": str(self.control),
            "directory.table": str(self.table), "rules.paths": [str(self.patterns)],
            "events.target": str(self.events_path), "log.target": str(self.log), "log.level": "debug",
            "fingerprint.key_file": str(self.folder / "state/fingerprint.key"),
            "store.url": f"sqlite:{self.folder}/state/warifu.db", "user": "",
            "cache_dir": str(self.folder / "cache")}
        values = {**paths, **STANDARD, **settings}
        text = render({name: value for name, value in values.items() if value is not None})
        self.config.write_text(text.replace("@folder@", str(self.folder)))

    def start(self) -> None:
        """Returns once the daemon has said READY=1, as it says to systemd."""
        self.process = self.spawn()
        if self.shares_compiled:
            self._keep_compiled()

    def spawn(self) -> subprocess.Popen:
        path = self.folder / "run/notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notice:
            notice.bind(str(path))
            path.chmod(0o666)
            notice.settimeout(0.05)
            process = scratch.spawn(
                [self.programs / "warifu-milter", "--config", self.config], log=self.folder / "log/output",
                env={"PATH": "/usr/bin:/bin", "NOTIFY_SOCKET": str(path), **sanitizers(), **self.env},
                user=self.uid, group=self.gid, groups=[self.gid, self.group])

            def ready():
                if process.poll() is not None:
                    raise RuntimeError(f"warifu-milter ended with {process.returncode}:\n{self.output()}")
                try:
                    return b"READY=1" in notice.recv(4096)
                except TimeoutError:
                    return False
            scratch.wait_until(ready, 60, "warifu-milter's READY=1")
        return process

    def stop(self) -> float:
        return scratch.stop(self.process) if self.process else 0.0

    def kill(self) -> None:
        """As a crash would end it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def tool(self, *words) -> subprocess.CompletedProcess:
        return subprocess.run([self.programs / "warifu", *map(str, words)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=600, user=self.uid, group=self.gid,
                              extra_groups=[self.gid, self.group], env={**os.environ, **self.env})

    def reload(self) -> subprocess.CompletedProcess:
        return self.tool("reload", "--config", self.config)

    def events(self) -> list[dict]:
        if not self.events_path.exists():
            return []
        return [json.loads(line) for line in self.events_path.read_text().splitlines()]

    def event_for(self, recipient: str, seconds: float = 10) -> dict:
        """The last event that names that recipient."""
        def found():
            return [event for event in self.events() if recipient in event.get("recipients", [])]
        return scratch.wait_until(found, seconds, f"an event for {recipient}")[-1]

    def _take_compiled(self) -> None:
        for path in COMPILED.glob("*.hsdb"):
            with contextlib.suppress(FileNotFoundError):  # another test has newer ones
                copy = shutil.copy(path, self.folder / "cache")
                os.chown(copy, self.uid, self.gid)

    def _keep_compiled(self) -> None:
        """Files that are there already stay; those of older rules go."""
        made = {path.name: path for path in (self.folder / "cache").glob("*.hsdb")}
        if not made:
            return
        COMPILED.mkdir(parents=True, exist_ok=True)
        for name, path in made.items():
            if not (COMPILED / name).exists():
                with tempfile.NamedTemporaryFile(dir=COMPILED, delete=False) as new:
                    new.write(path.read_bytes())
                os.replace(new.name, COMPILED / name)
        for path in COMPILED.glob("*.hsdb"):
            if path.name not in made:
                path.unlink(missing_ok=True)

    def output(self) -> str:
        return "".join(path.read_text(errors="replace") for path in (self.folder / "log/output", self.log)
                       if path.exists())


def render(settings: dict) -> str:
    """Dotted names and Python values as libconfig text."""
    tree: dict = {}
    for name, value in settings.items():
        *groups, leaf = name.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[leaf] = value
    return "".join(f"{name} = {_value(value)};\n" for name, value in tree.items())


def _value(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + " ".join(f"{name} = {_value(inner)};" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        opening, closing = "()" if value and isinstance(value[0], dict) else "[]"
        return opening + ", ".join(map(_value, value)) + closing
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def sanitizers() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


def _programs(folder: pathlib.Path, root: pathlib.Path | None) -> pathlib.Path:
    target = folder / "bin"
    target.mkdir()
    for name, installed in (("warifu-milter", "usr/sbin/warifu-milter"), ("warifu", "usr/bin/warifu")):
        shutil.copy(root / installed if root else program(name), target / name)
    return target


def program(name: str) -> pathlib.Path:
    for place in ("milter/daemon", "milter/cli"):
        if (BUILD / place / name).is_file():
            return BUILD / place / name
    raise FileNotFoundError(f"{name} is not built under {BUILD}")
