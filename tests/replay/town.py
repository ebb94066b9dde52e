"""Town: a carrier's gateway under replay: directory, sink that files by live owner, Postfix, warifu.

Postfix has the services `submission` (SASL), `lease` (a user is known by the address of his phone)
and `mx`, aliases and lists by virtual_alias_maps, and warifu's socketmap in transport_maps.
"""
import collections
import contextlib
import grp
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from harness import client as clients  # noqa: E402
from harness import gateway, postfix, scratch, sink, warifu  # noqa: E402

import books
import subscribers

TOKEN = re.compile(rb"^Subject: (T\d{7}Z)", re.MULTILINE)


class FilingSink(sink.Sink):
    """Files each mail under the account that owns the mailbox in the live directory right then."""

    def __init__(self, folder: pathlib.Path, directory: subscribers.Directory):
        self.directory = directory
        self.parked: set[str] = set()
        self.filed: list[tuple[str, str, str, float]] = []  # token, mailbox, account, when
        super().__init__(folder, lambda recipient: recipient in self.parked)

    def file(self, mail: sink.Delivered) -> None:
        token = TOKEN.search(mail.head + b"\r\n")
        entries = [(token[1].decode() if token else "?", mailbox, self.directory.owner(mailbox), time.monotonic())
                   for mailbox in mail.recipients]
        super().file(mail)
        with self._lock:
            self.filed += entries

    def delivered(self) -> collections.Counter:
        with self._lock:
            return collections.Counter((token, mailbox) for token, mailbox, *_ in self.filed)

    def misfiled(self, rightful) -> list[tuple[str, str, float]]:
        """Mails (token, mailbox, when) that came into another account than `rightful(mailbox)`."""
        with self._lock:
            return [(token, mailbox, when) for token, mailbox, owner, when in self.filed
                    if owner != rightful(mailbox)]


class Stopwatch:
    """Says what has been done, with the seconds since it was made."""

    def __init__(self):
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        print(f"    {time.monotonic() - self._start:6.1f} s  {text}", flush=True)


class Town:
    """`swapped`: numbers that will change places; `logins`: accounts that log in; `aliases`: name →
    mailboxes; `notices`: declarations (TOML)."""

    def __init__(self, *, count: int, swapped: list[int], logins, settings: dict, aliases: dict[str, list[str]],
                 notices: str = ""):
        self._stack = contextlib.ExitStack()
        self.books = books.Books()
        self.aliases = aliases
        try:
            self.scratch = scratch.Scratch("warifu-replay-")
            self._stack.callback(self.scratch.remove)
            self._start(count, swapped, logins, settings, notices)
        except BaseException:
            self._stack.close()
            raise

    def _start(self, count, swapped, logins, settings, notices) -> None:
        folder = self.scratch.path
        # The daemon's user reads it, and SQLite's write-ahead log wants rights on the folder.
        state = self.scratch.folder("directory", 0o777)
        self.directory = subscribers.Directory(state / "owners.db", count, swapped)
        for path in state.iterdir():
            path.chmod(0o666)
        self.sink = FilingSink(self.scratch.folder("sink"), self.directory)
        self._stack.callback(self.sink.close)
        milter = f"unix:{folder}/warifu/run/milter.sock"
        socketmap = f"{folder}/warifu/run/socketmap.sock"
        maps = folder / "aliases"
        maps.write_text("".join(f"{name} {', '.join(to)}\n" for name, to in self.aliases.items()))
        self.postfix = postfix.Postfix(folder / "postfix", self.sink.port, {
            "submission": {**gateway.LOGIN, "smtpd_milters": milter, "milter_macro_daemon_name": "submission"},
            "lease": {"smtpd_milters": milter, "milter_macro_daemon_name": "lease"},
            "mx": {"smtpd_milters": milter, "milter_macro_daemon_name": "mx"}},
            {"milter_default_action": "tempfail", "smtpd_soft_error_limit": "1000000", "smtpd_hard_error_limit": "1000000",
             "smtpd_error_sleep_time": "0", "virtual_alias_maps": f"texthash:{maps}",
             "virtual_alias_domains": "lists.example.jp", "transport_maps": f"socketmap:unix:{socketmap}:transport"})
        for login in logins:
            self.postfix.add_user(f"{login}@{subscribers.DOMAIN}", gateway.PASSWORD)
        (folder / "notices.toml").write_text(notices)
        if notices:
            settings = {"notices.paths": [str(folder / "notices.toml")], **settings}
        self.warifu = warifu.Warifu(folder / "warifu", {
            "domains": [subscribers.DOMAIN, "lists.example.jp"], "account.realm": "strip", "directory.table": None,
            "directory.type": "sql", "directory.url": f"sqlite:{self.directory.path}",
            "directory.query": subscribers.QUERY, "directory.list_query": subscribers.LIST_QUERY,
            "store.url": f"sqlite:{folder}/warifu/state/warifu.db", "socketmap.address": f"unix:{socketmap}",
            "socketmap.group": grp.getgrgid(self.postfix.owner.pw_gid).gr_name,
            "events.all": False, "user": "daemon",
            "postfix.config_directory": str(folder / "postfix/conf"), **settings}, group=self.postfix.owner.pw_gid)

    def open(self) -> None:
        """Starts the daemon and Postfix; the ledger may be filled before."""
        self.warifu.start()
        self._stack.callback(self.warifu.stop)
        self.postfix.start()
        self._stack.callback(self.postfix.stop)

    def close(self) -> None:
        self._stack.close()

    def client(self, number: int | None = None, service: str = "", **more) -> clients.Client:
        login = f"{subscribers.account(number)}@{subscribers.DOMAIN}" if number is not None else ""
        return clients.Client(self.postfix.ports[service or ("submission" if login else "mx")], login,
                              gateway.PASSWORD, **more)

    def tool(self, *words):
        """The tool as root, as an administrator runs it, with Postfix's programs on its path."""
        env = self.postfix.environment()
        env["PATH"] = f"{self.postfix.root}/usr/sbin:{env['PATH']}"
        return subprocess.run([self.warifu.programs / "warifu", *map(str, words), "--config", self.warifu.config],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, env=env)

    def mailboxes(self, recipient: str) -> list[str]:
        """Where a mail to that recipient must arrive."""
        return self.aliases.get(recipient, [recipient])

    def send(self, client, kind: str, sender: str, recipient: str, token: str = "") -> clients.Reply:
        """One mail over an open connection, entered in the books; with a token it is a second try."""
        mailboxes = self.mailboxes(recipient)
        token = token or self.books.new(kind, sender, mailboxes)
        mail = (f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: {token}\r\n"
                f"Message-ID: <{token}@{sender.partition('@')[2]}>\r\n\r\nmail of a replay\r\n").encode()
        reply = client.send(sender, recipient, mail)
        if reply.code != 250:
            client.reset()
        self.books.answered(token, mailboxes, reply.code, reply.text)
        return reply

    def side_by_side(self, jobs, work, threads: int = 6, **client) -> None:
        """work(client, job) for every job, from several connections of the mx service at a time."""
        jobs, lock, errors = iter(jobs), threading.Lock(), []

        def run():
            try:
                with self.client(**client) as connection:
                    while True:
                        with lock:
                            job = next(jobs, None)
                        if job is None:
                            return
                        work(connection, job)
            except Exception as error:
                errors.append(error)
        crew = [threading.Thread(target=run) for _ in range(threads)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
        if errors:
            raise errors[0]

    def try_again(self, wanted, seconds: float = 60) -> None:
        """Sends what was deferred until it is taken, as MTAs do: Postfix's own processes may know
        the old answer for up to 30 s."""
        end = time.monotonic() + seconds
        while again := [entry for entry in self.books.entries() if entry.answer in (450, 451) and wanted(entry)]:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(again)} mails are still deferred: {again[0]}")
            self.side_by_side(again, lambda client, entry: self.send(
                client, entry.kind, entry.sender, entry.mailbox, entry.token))
            time.sleep(3)

    def settle(self, seconds: float = 60) -> None:
        """Waits until nothing moves in Postfix any more: what is left is deferred or held."""
        def still():
            return all(mail["queue_name"] in ("deferred", "hold") for mail in self.postfix.queued())
        scratch.wait_until(still, seconds, "a quiet queue", step=0.2)
        scratch.wait_until(still, seconds, "a quiet queue", step=0.2)

    def flush(self) -> None:
        self.postfix._run("usr/sbin/postqueue", "-c", self.postfix.config, "-f")

    def balance(self) -> books.Balance:
        return self.books.balance(self.sink.delivered(), self.postfix.queued())
