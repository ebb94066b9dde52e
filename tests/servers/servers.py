"""Private database and directory servers, unpacked beside the system.

Each runs in a folder of its own under a scratch folder, on a unix socket and on a port of loopback,
as an unprivileged user (nobody, where root starts it), without passwords of any machine's own, and
is stopped by its process id. environment() says to a test program where it listens and which
process to stop (SIGSTOP) when it wants a server that accepts and never answers.
"""
import contextlib
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from harness import live, postfix, scratch, unpacked  # noqa: E402

USER = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
PASSWORD = "tally of 7 words"  # of the private servers alone


def family(pid: int) -> list[int]:
    """A process and its children. PostgreSQL gives each connection a session of its own, so a process
    group does not hold them."""
    out = [pid]
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # gone meanwhile
        if int(fields[1]) == pid:
            out.append(int(path.parent.name))
    return out


def _is_stopped(pid: int) -> bool:
    """Each thread of it; True of a process that is gone."""
    states = []
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return all(state in "TZX" for state in states)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Server:
    """What the servers share: a folder, a port, one process."""
    name = ""
    farewell = signal.SIGTERM

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        os.chown(folder, USER.pw_uid, USER.pw_gid)
        self.root = unpacked.tree("servers")
        self.log = folder / "log"
        self.port = 0
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.prepare()
        for attempt in range(5):
            self.port = scratch.free_port()
            self.process = self._spawn(self.command())
            try:
                scratch.wait_until(self._ready, 60, f"the start of {self.name}", step=0.1)
                return
            except (TimeoutError, ChildProcessError):
                self.stop()
                if attempt == 4:
                    raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-4000:]}") from None

    def stop(self) -> None:
        if self.process:
            for pid in family(self.process.pid):
                _send(pid, signal.SIGCONT)  # a test may have left it stopped
            _send(self.process.pid, self.farewell)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                scratch.stop(self.process)
            self.process = None

    def pause(self) -> None:
        """It accepts and never answers, from when this returns: a thread may run on for a moment."""
        pids = family(self.process.pid)
        for pid in pids:
            _send(pid, signal.SIGSTOP)
        deadline = time.monotonic() + 10
        while not all(map(_is_stopped, pids)) and time.monotonic() < deadline:
            time.sleep(0.001)

    def go_on(self) -> None:
        for pid in family(self.process.pid):
            _send(pid, signal.SIGCONT)

    def kill(self) -> None:
        """As a crash would end it: children first, since they would go on without it."""
        pids = family(self.process.pid)
        for pid in [*pids[1:], pids[0]]:
            _send(pid, signal.SIGKILL)
        self.process.wait()

    def start_again(self) -> None:
        """On the same port, with what it has stored."""
        self.process = self._spawn(self.command())
        scratch.wait_until(self._ready, 60, f"the return of {self.name}", step=0.05)

    def run(self, *command, text: str | None = None) -> str:
        """A program of the server's, as its user."""
        words = self._as_user([str(word) for word in command])
        done = subprocess.run(words, input=text, capture_output=True, text=True, env=self._env(), cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    # -- inside ----------------------------------------------------------------------------------

    def prepare(self) -> None:
        raise NotImplementedError

    def command(self) -> list:
        raise NotImplementedError

    def ping(self) -> None:
        """Raises RuntimeError while the server does not answer."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise ChildProcessError(self.name)
        try:
            self.ping()
        except RuntimeError:
            return False
        return True

    def _spawn(self, command: list) -> subprocess.Popen:
        if os.geteuid() != 0:
            return scratch.spawn(command, log=self.log, env=self._env())
        return scratch.spawn(command, log=self.log, env=self._env(), user=USER.pw_uid, group=USER.pw_gid)

    @staticmethod
    def _as_user(words: list[str]) -> list[str]:
        if os.geteuid() != 0:
            return words
        return ["setpriv", "--reuid", str(USER.pw_uid), "--regid", str(USER.pw_gid), "--clear-groups", "--", *words]

    def _env(self) -> dict[str, str]:
        folders = [self.root / "usr/lib/postfix", *self.root.glob("usr/lib/*-linux-gnu*"),
                   *self.root.glob("lib/*-linux-gnu*")]
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": str(self.folder), "TZ": "UTC",
                "LD_LIBRARY_PATH": ":".join(map(str, folders))}

    def _file(self, name: str, text: str, mode: int = 0o600) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, USER.pw_uid, USER.pw_gid)
        return path


class PostgreSQL(Server):
    name = "postgresql"
    farewell = signal.SIGINT  # SIGTERM waits for clients

    def prepare(self) -> None:
        self._bin = self.root / "usr/lib/postgresql/15/bin"
        self.run(self._bin / "initdb", "-D", self.folder / "data", "-U", "warifu", "--no-sync", "-A", "scram-sha-256",
                 "-E", "UTF8", "--no-locale", "--pwfile", self._file("initial-password", PASSWORD))

    def command(self) -> list:
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                   "fsync": "off", "jit": "off", "shared_buffers": "32MB", "max_connections": 60,
                   "log_min_messages": "warning"}
        # Its texts are English until a test sets lc_messages to C.UTF-8, as where people set ja_JP.
        return ["env", "LANGUAGE=ja", self._bin / "postgres", "-D", self.folder / "data",
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))]

    def ping(self) -> None:
        self.psql("select 1")

    def psql(self, text: str) -> str:
        pass_file = self._file("pgpass", f"*:*:*:*:{PASSWORD}\n")
        return self.run("env", f"PGPASSFILE={pass_file}", self._bin / "psql", "-h", "127.0.0.1", "-p", self.port,
                        "-U", "warifu", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt", text=text)

    def environment(self) -> dict[str, str]:
        """WARIFU_PG: libpq's words, without the password (PGPASSFILE). Each connection is a child of that process."""
        pass_file = self.folder / "test-pgpass"
        pass_file.write_text(f"*:*:*:*:{PASSWORD}\n")
        pass_file.chmod(0o600)
        return {"PGPASSFILE": str(pass_file), "WARIFU_PG": f"host=127.0.0.1 port={self.port} user=warifu dbname=postgres",
                "WARIFU_PG_PID": str(self.process.pid)}


class MariaDB(Server):
    name = "mariadb"
    initial = ""  # SQL of a test's, in the database warifu; no client of MariaDB's is unpacked

    def prepare(self) -> None:
        self._data = self.folder / "data"
        self._data.mkdir()
        os.chown(self._data, USER.pw_uid, USER.pw_gid)
        (self._data / "mysql").mkdir()
        os.chown(self._data / "mysql", USER.pw_uid, USER.pw_gid)
        share = self.root / "usr/share/mysql"
        tables = "".join((share / name).read_text() for name in
                         ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql",
                          "fill_help_tables.sql") if (share / name).exists())
        self.run(*self._server(), "--bootstrap", "--skip-grant-tables",
                 text=f"create database if not exists mysql;\nuse mysql;\n{tables}\n"
                      "create database warifu;\n"
                      "flush privileges;\n"
                      f"create or replace user warifu@'127.0.0.1' identified by '{PASSWORD}';\n"
                      f"create or replace user reader@'127.0.0.1' identified by '{PASSWORD}' with max_user_connections 1;\n"
                      f"create or replace user warifu@localhost identified by '{PASSWORD}';\n"
                      "grant all on warifu.* to warifu@'127.0.0.1';\ngrant select on warifu.* to reader@'127.0.0.1';\ngrant all on warifu.* to warifu@localhost;\n"
                      f"use warifu;\n{self.initial}\n")

    def _server(self) -> list:
        return [self.root / "usr/sbin/mariadbd", "--no-defaults", f"--datadir={self._data}",
                f"--lc-messages-dir={self.root / 'usr/share/mysql'}", f"--plugin-dir={self.folder}",
                f"--pid-file={self.folder / 'pid'}", f"--socket={self.folder / 'sock'}",
                "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-log-bin",
                "--character-set-server=utf8mb4", "--skip-name-resolve", f"--tmpdir={self.folder}"]

    def command(self) -> list:
        # As many a server in Japan: what a program understands of an error is its number alone.
        return [*self._server(), "--bind-address=127.0.0.1", f"--port={self.port}", "--lc-messages=ja_JP"]

    def ping(self) -> None:
        if "ready for connections" not in self.log.read_text(errors="replace"):
            raise RuntimeError("not ready yet")

    def environment(self) -> dict[str, str]:
        return {"WARIFU_MYSQL": f"host=127.0.0.1 port={self.port} user=warifu db=warifu",
                "WARIFU_MYSQL_PID": str(self.process.pid)}


class Slapd(Server):
    """An LDAP server with people under dc=example,dc=jp; people.ldif is what the tests know."""
    name = "slapd"

    def prepare(self) -> None:
        data = self.folder / "data"
        data.mkdir()
        os.chown(data, USER.pw_uid, USER.pw_gid)
        self._ldap = self.root / "usr/lib/ldap"
        schema = self.root / "etc/ldap/schema"
        here = pathlib.Path(__file__).parent
        self._conf = self._file("slapd.conf", f"""\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {self._ldap}
moduleload back_mdb
pidfile {self.folder}/pid
TLSCertificateFile {self.folder}/server.pem
TLSCertificateKeyFile {self.folder}/server.key
disallow bind_anon
require authc
database mdb
suffix "dc=example,dc=jp"
rootdn "cn=reader,dc=example,dc=jp"
rootpw "{PASSWORD}"
directory {data}
maxsize 67108864
index mail,uid eq
""")
        self._certificate()
        self.run(self.root / "usr/sbin/slapadd", "-f", self._conf, "-l", here / "people.ldif")

    def _certificate(self) -> None:
        self.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.folder / "server.key",
                 "-out", self.folder / "server.pem")
        (self.folder / "server.pem").chmod(0o644)

    def command(self) -> list:
        self.tls_port = scratch.free_port()
        return [self.root / "usr/sbin/slapd", "-d", "0", "-f", self._conf,
                "-h", f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"]

    def ping(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                pass
        except OSError as error:
            raise RuntimeError(str(error)) from None

    def environment(self) -> dict[str, str]:
        return {"WARIFU_LDAP": f"ldap://127.0.0.1:{self.port}", "WARIFU_LDAPS": f"ldaps://127.0.0.1:{self.tls_port}",
                "WARIFU_LDAP_CA": str(self.folder / "server.pem"), "WARIFU_LDAP_PID": str(self.process.pid)}


class Postmap(Server):
    """No server: postmap with its table types, for a test program to call."""
    name = "postmap"

    def start(self) -> None:
        conf = self.folder / "postfix"
        conf.mkdir()
        types = "".join(f"{kind}\t{self.root}/usr/lib/postfix/postfix-{kind}.so\tdict_{kind}_open\tmkmap_{kind}_open\n"
                        for kind in ("lmdb", "cdb"))
        postfix.write_config(conf / "dynamicmaps.cf", types)
        user, group = postfix.owner()
        postfix.write_config(
            conf / "main.cf",
            f"compatibility_level = 3.6\nmeta_directory = {conf}\nshlib_directory = {self.root}/usr/lib/postfix\n"
            f"mail_owner = {user.pw_name}\nsetgid_group = {group.gr_name}\n")
        libraries = self._env()["LD_LIBRARY_PATH"]
        self.script = self._file("postmap", f"""#!/bin/sh
export LD_LIBRARY_PATH='{libraries}' MAIL_CONFIG='{conf}'
exec {self.root}/usr/sbin/postmap "$@"
""", 0o755)

    def environment(self) -> dict[str, str]:
        return {"WARIFU_POSTMAP": str(self.script)}


KINDS = {kind.name: kind for kind in (PostgreSQL, MariaDB, Slapd, Postmap)}


def for_class(cls: type[unittest.TestCase], kind: type[Server]) -> Server:
    """A server for all tests of a class, gone with it; its folder's parent is the class's own, too.

    Skips the class where the servers cannot be unpacked.
    """
    live.require_root()
    try:
        unpacked.tree("servers")
    except unpacked.UnpackError as error:
        raise unittest.SkipTest(str(error)) from None
    own = scratch.Scratch(f"warifu-{kind.name}-")
    cls.addClassCleanup(own.remove)
    server = kind(own.folder(kind.name))
    cls.addClassCleanup(server.stop)
    server.start()
    return server
