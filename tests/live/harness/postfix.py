"""A private Postfix, unpacked beside the system.

Its own configuration, queue and data folders under a scratch folder, ports on loopback, passwords
in a sasldb file of its own, everything delivered to an LMTP sink. master(8) is started directly and
stopped by its process id; no init script, no /etc/postfix, no user is added to the machine.

Postfix wants two users' rights that root does not have: mail_owner and setgid_group. They must be
real, unprivileged and shared with no other account. base-passwd gives every Debian machine the
user `news` and the group `uucp`, which own nothing where no news or UUCP server is installed; a
machine with a Postfix of its own has `postfix` and `postdrop`, and then those are taken.
"""
import grp
import json
import os
import pathlib
import pwd
import subprocess
import time

from . import scratch, unpacked

# Queue folders that master(8)'s start script would make: name, mode, owner (r root, m mail_owner).
_QUEUE = [("active", 0o700, "m"), ("bounce", 0o700, "m"), ("corrupt", 0o700, "m"),
          ("defer", 0o700, "m"), ("deferred", 0o700, "m"), ("flush", 0o700, "m"),
          ("hold", 0o700, "m"), ("incoming", 0o700, "m"), ("private", 0o700, "m"),
          ("saved", 0o700, "m"), ("trace", 0o700, "m"), ("maildrop", 0o730, "m"),
          ("public", 0o710, "m"), ("pid", 0o755, "r")]

_SERVICES = """\
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
tlsmgr    unix  - - n 1000? 1 tlsmgr
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
lmtp      unix  - - n - - lmtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
showq     unix  n - n - - showq
pickup    unix  n - n 1 1 pickup
postlog   unix-dgram n - n - 1 postlogd
"""


def owner() -> tuple[pwd.struct_passwd, grp.struct_group]:
    for user, group in (("postfix", "postdrop"), ("news", "uucp")):
        try:
            return pwd.getpwnam(user), grp.getgrnam(group)
        except KeyError:
            continue
    raise RuntimeError("neither postfix and postdrop nor news and uucp exist on this machine")


def write_config(path: pathlib.Path, text: str) -> None:
    """Postfix's programs read a file that is younger than two seconds again and again, until it has
    cooled down; this one is as if it had been there for a while."""
    path.write_text(text)
    old = time.time() - 60
    os.utime(path, (old, old))


class Postfix:
    """services: name → {option: value} for one smtpd each, as -o would set them."""

    def __init__(self, folder: pathlib.Path, sink_port: int, services: dict[str, dict[str, str]],
                 settings: dict[str, str] | None = None):
        self.folder, self.services, self.settings = folder, services, settings or {}
        self.root = unpacked.tree()
        self.owner, self.group = owner()
        self.gid = self.owner.pw_gid  # of those who connect to a milter
        self.log = folder / "maillog"
        self.config, self.queue, self.data = folder / "conf", folder / "queue", folder / "data"
        self.sasl = self.config / "sasl"  # where Debian's Postfix looks for smtpd.conf
        self.ports: dict[str, int] = {}
        self._master: subprocess.Popen | None = None
        self._sink_port = sink_port
        self._make_folders()

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts master(8); takes other ports where one was snatched meanwhile."""
        for attempt in range(5):
            self.ports = {name: scratch.free_port() for name in self.services}
            self._write_config()
            self.log.unlink(missing_ok=True)
            self._master = scratch.spawn([self._daemon("master"), "-c", self.config, "-d"],
                                         log=self.folder / "master.out", env=self.environment())
            try:
                scratch.wait_until(self._runs, 30, "Postfix's start")
                return
            except _Died:
                if attempt == 4 or "already in use" not in self.log_text():
                    raise RuntimeError("Postfix did not start:\n" + self.log_text()) from None

    def stop(self) -> None:
        if self._master:
            scratch.stop(self._master)
            self._master = None

    def reload(self) -> None:
        """Writes main.cf and master.cf anew and has master(8) read them."""
        self._write_config()
        self._master.send_signal(1)

    # -- what tests ask --------------------------------------------------------------------------

    def add_user(self, login: str, password: str) -> None:
        user, _, realm = login.partition("@")
        self._run("usr/sbin/saslpasswd2", "-p", "-c", "-f", self.sasl / "sasldb2", "-u", realm, user,
                  text=password)
        os.chown(self.sasl / "sasldb2", self.owner.pw_uid, self.owner.pw_gid)

    def queued(self) -> list[dict]:
        """postqueue -j: one object a mail."""
        return [json.loads(line) for line in self._run("usr/sbin/postqueue", "-c", self.config, "-j").splitlines()]

    def held(self) -> list[dict]:
        return [mail for mail in self.queued() if mail["queue_name"] == "hold"]

    def release(self, queue_id: str) -> None:
        """postsuper -H, and a flush so that delivery does not wait."""
        self._run("usr/sbin/postsuper", "-c", self.config, "-H", queue_id)
        self._run("usr/sbin/postqueue", "-c", self.config, "-f")

    def flush(self) -> None:
        """postqueue -f: every deferred mail is tried at once."""
        self._run("usr/sbin/postqueue", "-c", self.config, "-f")

    def drain(self, seconds: float = 60) -> None:
        """Waits until all is delivered that is not held, and tries what was put off again meanwhile."""
        end = time.monotonic() + seconds
        while waiting := [mail for mail in self.queued() if mail["queue_name"] != "hold"]:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(waiting)} mails are still queued: {waiting[0]}")
            put_off = any(mail["queue_name"] == "deferred" for mail in waiting)
            if put_off:
                self.flush()
            time.sleep(2 if put_off else 0.1)

    def delete(self, queue_id: str) -> None:
        self._run("usr/sbin/postsuper", "-c", self.config, "-d", queue_id)

    def delete_all(self) -> None:
        self._run("usr/sbin/postsuper", "-c", self.config, "-d", "ALL")

    def sendmail(self, sender: str, recipient: str, mail: bytes) -> None:
        """A local submission by sendmail(1), for what non_smtpd_milters see."""
        self._run("usr/sbin/sendmail", "-C", self.config, "-f", sender, "-i", recipient,
                  text=mail.decode("latin-1"))

    def log_text(self) -> str:
        parts = [path.read_text(errors="replace") for path in (self.log, self.folder / "master.out")
                 if path.exists()]
        return "\n".join(parts)

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "MAIL_CONFIG": str(self.config),
                "LD_LIBRARY_PATH": unpacked.library_path(self.root),
                "SASL_PATH": unpacked.sasl_plugins(self.root)}

    # -- inside ----------------------------------------------------------------------------------

    def _daemon(self, name: str) -> pathlib.Path:
        return self.root / "usr/lib/postfix/sbin" / name

    def _run(self, program: str, *words, text: str | None = None) -> str:
        done = subprocess.run([self.root / program, *words], env=self.environment(), input=text,
                              capture_output=True, text=True, encoding="latin-1", timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed ({done.returncode}): {done.stderr.strip()}")
        return done.stdout

    def _runs(self) -> bool:
        """Said by master(8) itself, so that no probing connection reaches a milter under test."""
        if self._master.poll() is not None:
            raise _Died
        return self.log.exists() and "daemon started" in self.log.read_text(errors="replace")

    def _make_folders(self) -> None:
        me, group = self.owner, self.group
        for folder in (self.config, self.queue):
            folder.mkdir(parents=True)
        for path, mode in ((self.data, 0o700), (self.sasl, 0o755)):
            path.mkdir(mode=mode)
        os.chown(self.data, me.pw_uid, 0)
        for name, mode, owner in _QUEUE:
            path = self.queue / name
            path.mkdir()
            os.chown(path, me.pw_uid if owner == "m" else 0,
                     group.gr_gid if name in ("maildrop", "public") else 0)
            path.chmod(mode)
        (self.sasl / "smtpd.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {self.sasl}/sasldb2\n")

    def _write_config(self) -> None:
        main = {
            "compatibility_level": "3.6", "myhostname": "mx.example.jp", "mydomain": "example.jp",
            "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8",
            "mail_owner": self.owner.pw_name, "setgid_group": self.group.gr_name,
            "queue_directory": self.queue, "data_directory": self.data,
            "command_directory": self.root / "usr/sbin",
            "daemon_directory": self.root / "usr/lib/postfix/sbin",
            "shlib_directory": self.root / "usr/lib/postfix", "meta_directory": self.root / "etc/postfix",
            "import_environment": " ".join(f"{k}={v}" for k, v in self.environment().items()),
            # What sendmail(1) hands to postdrop(1).
            "export_environment": " ".join(f"{k}={v}" for k, v in self.environment().items()),
            "maillog_file": self.log, "maillog_file_prefixes": self.folder,
            "in_flow_delay": "0", "disable_dns_lookups": "yes", "smtputf8_enable": "yes",
            "mydestination": "", "alias_maps": "", "local_recipient_maps": "",
            "default_transport": f"lmtp:inet:127.0.0.1:{self._sink_port}",
            "local_transport": "$default_transport", "relay_transport": "$default_transport",
            "notify_classes": "", "smtpd_peername_lookup": "no", "smtpd_client_connection_count_limit": "0",
            "smtpd_sasl_type": "cyrus", "smtpd_sasl_path": "smtpd",
            "smtpd_sasl_security_options": "noanonymous", "smtpd_relay_restrictions": "permit_mynetworks,reject",
            "smtpd_recipient_restrictions": "", "minimal_backoff_time": "300s",
            **self.settings}
        write_config(self.config / "main.cf", "".join(f"{k} = {v}\n" for k, v in main.items()))
        smtpds = ""
        for name, options in self.services.items():
            smtpds += f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd\n"
            smtpds += "".join(f"  -o {{ {key} = {value} }}\n" for key, value in options.items())
        write_config(self.config / "master.cf", smtpds + _SERVICES)


class _Died(Exception):
    """master(8) ended before it answered."""

