"""A private Sendmail, unpacked beside the system, in the form of postfix.py.

Its own sendmail.cf, and submit.cf for local mail, made by m4 from the unpacked cf tree, its own queues, ports on
loopback, passwords in a sasldb file of its own, everything delivered to the LMTP sink. sendmail(8) is
started in the foreground and stopped by its process id.

The program is copied out of the package: there it is setgid, which would make the loader forget
where the unpacked libraries are. Nothing is local here, so no delivery agent, no aliases, no DNS.
"""
import os
import pathlib
import pwd
import shutil
import subprocess

from . import scratch, unpacked

LIST = "sendmail"  # of packaging/dependencies

_MC = """\
include(`@cf@m4/cf.m4')dnl
VERSIONID(`live test')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.example.jp')dnl
define(`QUEUE_DIR', `@folder@/mqueue')dnl
define(`confPID_FILE', `@folder@/sendmail.pid')dnl
define(`STATUS_FILE', `@folder@/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confSERVICE_SWITCH_FILE', `@folder@/conf/service.switch')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confTO_IDENT', `0')dnl
define(`confREFUSE_LA', `0')dnl
define(`confQUEUE_LA', `999')dnl
define(`confDELAY_LA', `0')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`no_default_msa')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h @sink@')dnl
MODIFY_MAILER_FLAGS(`RELAY', `+z')dnl
"""

# Of sendmail(1), which hands local mail to the port of a service.
_SUBMIT_MC = """\
include(`@cf@m4/cf.m4')dnl
VERSIONID(`live test')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.example.jp')dnl
define(`confSERVICE_SWITCH_FILE', `@folder@/conf/service.switch')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confPRIVACY_FLAGS', `authwarnings')dnl
define(`MSP_QUEUE_DIR', `@folder@/mspqueue')dnl
define(`confPID_FILE', `@folder@/mspqueue/pid')dnl
define(`confRUN_AS_USER', `@msp@:@msp@')dnl
define(`confTRUSTED_USER', `@msp@')dnl
define(`RELAY_MAILER_ARGS', `TCP $h @port@')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""
_MSP = "daemon"  # of base-passwd; has the client queue, as `smmsp` has on a machine with Sendmail


class Sendmail:
    """services: name → further options of that daemon, as DAEMON_OPTIONS would have them (`M=a`);
    filters: name → equates of an INPUT_MAIL_FILTER. A service asks all filters unless it says `I=`.
    settings: further lines of sendmail.mc."""

    def __init__(self, folder: pathlib.Path, sink_port: int, services: dict[str, str],
                 filters: dict[str, str] | None = None, settings: list[str] | None = None):
        self.folder, self.services, self.filters = folder, services, filters or {}
        self.settings = settings or []
        self.root = unpacked.tree(LIST)
        self.config, self.queue, self.msp_queue = folder / "conf", folder / "mqueue", folder / "mspqueue"
        self.program = folder / "bin/sendmail"
        self.gid = 0  # of those who connect to a milter
        self.ports: dict[str, int] = {}
        self._daemon: subprocess.Popen | None = None
        self._sink_port = sink_port
        self._make_folders()

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        for _ in range(5):
            self.ports = {name: scratch.free_port() for name in self.services}
            self._write_config()
            self._daemon = scratch.spawn([self.program, "-bD", "-C", self.config / "sendmail.cf", "-X", self.folder / "traffic"],
                                         log=self.folder / "output", env=self.environment())
            try:
                scratch.wait_until(self._runs, 30, "Sendmail's start")
                return
            except _Died:
                continue
        raise RuntimeError("Sendmail did not start:\n" + self.log_text())

    def stop(self) -> None:
        if self._daemon:
            scratch.stop(self._daemon)
            self._daemon = None

    # -- what tests ask --------------------------------------------------------------------------

    def add_user(self, login: str, password: str) -> None:
        user, _, realm = login.partition("@")
        self._run(self.root / "usr/sbin/saslpasswd2", "-p", "-c", "-f", self.config / "sasldb2", "-u", realm, user,
                  text=password)

    def queued(self) -> list[dict]:
        """One object a mail, with the words of `postqueue -j` where they fit."""
        return [_queued(path) for path in self.queue.glob("[qh]f*")]

    def held(self) -> list[dict]:
        return [mail for mail in self.queued() if mail["queue_name"] == "quarantine"]

    def release(self, queue_id: str) -> None:
        """Out of the quarantine, and at once on its way."""
        self._run(self.program, "-C", self.config / "sendmail.cf", "-qQ", f"-qI{queue_id}", "-Q")
        self._run(self.program, "-C", self.config / "sendmail.cf", f"-qI{queue_id}")

    def submit(self, mail: str, *words: str, service: str = "mx") -> None:
        """Local mail by sendmail(1), as an unprivileged user sends it: into the client queue, and at
        once to the port of a service. What is deferred there stays in the queue; what is refused
        comes back, and sendmail(1) says so by its exit status (EX_UNAVAILABLE)."""
        self._make("submit", _SUBMIT_MC.replace("@port@", str(self.ports[service])))
        user = pwd.getpwnam(_MSP)
        self._run(self.program, "-Ac", "-C", self.config / "submit.cf", "-i", *words, text=mail,
                  fine=(0, os.EX_UNAVAILABLE), user=user.pw_uid, group=user.pw_gid, extra_groups=[])

    def submit_as_root(self, mail: str, *words: str) -> None:
        """Past the client queue, into that of the MTA."""
        self._run(self.program, "-Am", "-C", self.config / "sendmail.cf", "-i", *words, text=mail)

    def client_queue(self) -> list[str]:
        """What the MTA said last of each mail that waits in the queue of local mail."""
        texts = (path.read_text(errors="replace").splitlines() for path in self.msp_queue.glob("qf*"))
        return [next((line[1:] for line in lines if line.startswith("M")), "") for lines in texts]

    def delete_all(self) -> None:
        for path in self.queue.iterdir():
            path.unlink(missing_ok=True)

    def log_text(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in (self.folder / "output",) if path.exists())

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
                "LD_LIBRARY_PATH": unpacked.library_path(self.root), "LD_PRELOAD": str(self.folder / "bin/hostname.so"),
                "SASL_CONF_PATH": str(self.config / "sasl"), "SASL_PATH": unpacked.sasl_plugins(self.root)}

    # -- inside ----------------------------------------------------------------------------------

    def _run(self, program, *words, text: str | None = None, fine=(0,), **more) -> str:
        done = subprocess.run([program, *map(str, words)], env=self.environment(), input=text,
                              capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=60, **more)
        if done.returncode not in fine:
            raise RuntimeError(f"{program} failed ({done.returncode}): {done.stderr.strip()}{done.stdout.strip()}")
        return done.stdout

    def _runs(self) -> bool:
        if self._daemon.poll() is not None:
            raise _Died
        return _listening() >= set(self.ports.values())

    def _make_folders(self) -> None:
        for folder, mode in ((self.config, 0o755), (self.queue, 0o700), (self.folder / "bin", 0o755), (self.config / "sasl", 0o755)):
            folder.mkdir(parents=True)
            folder.chmod(mode)
        self.msp_queue.mkdir(mode=0o700)
        user = pwd.getpwnam(_MSP)
        os.chown(self.msp_queue, user.pw_uid, user.pw_gid)
        shutil.copyfile(self.root / "usr/libexec/sendmail/sendmail", self.program)
        self.program.chmod(0o755)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.folder / "bin/hostname.so",
                        pathlib.Path(__file__).with_name("hostname.c")], check=True)
        (self.config / "service.switch").write_text("passwd files\nhosts files\naliases files\n")
        (self.config / "sasl/Sendmail.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {self.config}/sasldb2\n")

    def _write_config(self) -> None:
        text = _MC
        for name, options in self.services.items():
            more = "".join(f", {option}" for option in options.split(",") if option)
            text += f"DAEMON_OPTIONS(`Family=inet, Name={name}, Addr=127.0.0.1, Port={self.ports[name]}{more}')dnl\n"
        for name, equates in self.filters.items():
            text += f"INPUT_MAIL_FILTER(`{name}', `{equates}')dnl\n"
        text += "".join(f"{line}dnl\n" for line in self.settings) + "MAILER(`smtp')dnl\nLOCAL_CONFIG\n"
        text += f"ESASL_CONF_PATH={self.config}/sasl\nESASL_PATH={unpacked.sasl_plugins(self.root)}\n"
        self._make("sendmail", text)

    def _make(self, name: str, text: str) -> None:
        """NAME.mc and, by m4, NAME.cf."""
        cf = f"{self.root}/usr/share/sendmail/cf/"
        for old, new in (("@cf@", cf), ("@folder@", str(self.folder)), ("@sink@", str(self._sink_port)), ("@msp@", _MSP)):
            text = text.replace(old, new)
        (self.config / f"{name}.mc").write_text(text)
        made = self._run(self.root / "usr/bin/m4", f"-D_CF_DIR_={cf}", self.config / f"{name}.mc")
        (self.config / f"{name}.cf").write_text(made)


def _listening() -> set[int]:
    """TCP ports; read rather than tried, so that no probing connection reaches a milter under test."""
    rows = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}


def _queued(path: pathlib.Path) -> dict:
    """A queue file: qfID, or hfID while its mail is quarantined. One letter begins each line."""
    lines = path.read_text(errors="replace").splitlines()
    recipients = [line.partition("<")[2].rpartition(">")[0] for line in lines if line.startswith("R")]
    return {"queue_id": path.name[2:], "queue_name": "quarantine" if path.name.startswith("hf") else "queue",
            "recipients": [{"address": recipient} for recipient in recipients],
            "reason": next((line[1:] for line in lines if line.startswith("q")), "")}


class _Died(Exception):
    """sendmail(8) ended before it listened."""
