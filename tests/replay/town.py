"""Town: a carrier's gateway under replay: directory, sink that files by live owner, Postfix, warifu.

Postfix has the services `submission` (SASL), `lease` (a user is known by the address of his phone)
and `mx`, aliases and lists by virtual_alias_maps, and warifu's socketmap in transport_maps.
"""
import collections
import contextlib
import grp
import json
import os
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
import overheard
import subscribers

FULL = os.environ.get("WARIFU_REPLAY") == "full"  # the real size
PATIENCE = 900 if FULL else 100  # seconds
IN_FLIGHT = 5.0  # seconds, with other tests beside; on an idle machine some hundredths
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


def side_by_side(connect, jobs, work, threads: int = 6) -> None:
    """work(client, job) for every job, over `threads` of the clients that `connect` gives."""
    jobs, lock, errors = iter(jobs), threading.Lock(), []

    def run():
        try:
            with connect() as connection:
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


class Town:
    """`swapped`: numbers that will change places; `logins`: accounts that log in; `aliases`: name →
    mailboxes; `notices`: declarations (TOML); `shared`: mailbox → its owners; `leases`: whether
    who comes to the service `lease` is known by the lease of his address."""

    def __init__(self, *, count: int, swapped: list[int], logins, settings: dict, aliases: dict[str, list[str]],
                 notices: str = "", shared: dict[str, list[str]] | None = None, leases: bool = False):
        self._stack = contextlib.ExitStack()
        self.books = books.Books()
        self.aliases = aliases
        self.swapped_at = self.mended_at = float("inf")
        try:
            self.scratch = scratch.Scratch("warifu-replay-")
            self._stack.callback(self.scratch.remove)
            self._start(count, swapped, logins, settings, notices, shared or {}, leases)
        except BaseException:
            self._stack.close()
            raise

    def _start(self, count, swapped, logins, settings, notices, shared, leases) -> None:
        folder = self.scratch.path
        # The daemon's user reads it, and SQLite's write-ahead log wants rights on the folder.
        state = self.scratch.folder("directory", 0o777)
        self.directory = subscribers.Directory(state / "owners.db", count, swapped, shared)
        if leases:
            self.leases = subscribers.Leases(state / "leases.db")
            settings = {"lease.url": f"sqlite:{self.leases.path}", "lease.query": subscribers.Leases.QUERY, **settings}
        for path in state.iterdir():
            path.chmod(0o666)
        self.sink = FilingSink(self.scratch.folder("sink"), self.directory)
        self._stack.callback(self.sink.close)
        milter = f"unix:{folder}/warifu/run/milter.sock"
        socketmap = f"{folder}/warifu/run/socketmap.sock"
        self.overheard = overheard.Overheard(folder / "overheard.sock", pathlib.Path(socketmap))
        self._stack.callback(self.overheard.close)
        maps = folder / "aliases"
        postfix.write_config(maps, "".join(f"{name} {', '.join(to)}\n" for name, to in self.aliases.items()))
        self.postfix = postfix.Postfix(folder / "postfix", self.sink.port, {
            "submission": {**gateway.LOGIN, "smtpd_milters": milter, "milter_macro_daemon_name": "submission"},
            "lease": {"smtpd_milters": milter, "milter_macro_daemon_name": "lease"},
            "mx": {"smtpd_milters": milter, "milter_macro_daemon_name": "mx"}},
            {"milter_default_action": "tempfail", "smtpd_soft_error_limit": "1000000", "smtpd_hard_error_limit": "1000000",
             "smtpd_error_sleep_time": "0", "virtual_alias_maps": f"texthash:{maps}",
             "virtual_alias_domains": "lists.example.jp", "transport_maps": f"socketmap:unix:{folder}/overheard.sock:transport"})
        for login in logins:
            self.postfix.add_user(f"{login}@{subscribers.DOMAIN}", gateway.PASSWORD)
        (folder / "notices.toml").write_text(notices)
        if notices:
            settings = {"notices.paths": [str(folder / "notices.toml")], **settings}
        self._settings = {
            "domains": [subscribers.DOMAIN, "lists.example.jp"], "account.realm": "strip", "directory.table": None,
            "directory.type": "sql", "directory.url": f"sqlite:{self.directory.path}",
            "directory.query": subscribers.QUERY, "directory.list_query": subscribers.LIST_QUERY,
            "store.url": f"sqlite:{folder}/warifu/state/warifu.db", "socketmap.address": f"unix:{socketmap}",
            "socketmap.group": grp.getgrgid(self.postfix.owner.pw_gid).gr_name,
            "events.all": False, "user": "daemon",
            "postfix.config_directory": str(folder / "postfix/conf"), **settings}
        self.warifu = warifu.Warifu(folder / "warifu", self._settings, group=self.postfix.owner.pw_gid)

    def open(self) -> None:
        """Starts the daemon and Postfix; the ledger may be filled before."""
        self.warifu.start()
        self._stack.callback(self.warifu.stop)
        self.postfix.start()
        self._stack.callback(self.postfix.stop)

    def close(self) -> None:
        self._stack.close()

    def reconfigure(self, **settings) -> None:
        """Has the daemon read other settings: a__b is a.b, and they stay."""
        self._settings |= {name.replace("__", "."): value for name, value in settings.items()}
        self.warifu.configure(self._settings)
        told = self.warifu.reload()
        if told.returncode:
            raise RuntimeError(told.stderr)

    def client(self, number: int | None = None, service: str = "", **more) -> clients.Client:
        """Of a subscriber with his password; of a phone by its address; or of the world."""
        if service == "lease":
            return clients.Client(self.postfix.ports["lease"], source=subscribers.phone(number), **more)
        login = f"{subscribers.account(number)}@{subscribers.DOMAIN}" if number is not None else ""
        return clients.Client(self.postfix.ports[service or ("submission" if login else "mx")], login,
                              gateway.PASSWORD, **more)

    def tool(self, *words):
        """The tool as root, as an administrator runs it, with Postfix's programs on its path."""
        env = self.postfix.environment()
        env["PATH"] = f"{self.postfix.root}/usr/sbin:{env['PATH']}"
        return subprocess.run([self.warifu.programs / "warifu", *map(str, words), "--config", self.warifu.config],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, env=env)

    def rows(self, *words) -> list[dict]:
        """All rows of a list that the tool prints."""
        told = self.tool(*words, "--limit", 100_000, "--format", "json")
        if told.returncode not in (0, 1) or told.stderr:  # 1: there is something to be worried about
            raise RuntimeError(f"{words}: {told.returncode} {told.stderr}")
        return [json.loads(line) for line in told.stdout.splitlines()]

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
        side_by_side(lambda: self.client(**client), jobs, work, threads)

    def each_sends(self, kind: str, jobs, service: str = "") -> list[clients.Reply]:
        """One mail of each (number, sender, recipient), over a session of his own; the replies."""
        jobs, replies = list(jobs), []

        def send(_, job):
            number, sender, recipient = job
            with self.client(number, service) as client:
                replies.append(self.send(client, kind, sender, recipient))
        self.side_by_side(jobs, send)
        assert len(replies) == len(jobs)
        return replies

    def try_again(self, wanted, seconds: float = PATIENCE) -> None:
        """Sends what was deferred until it is taken, as MTAs do: Postfix's own processes may know
        the old answer for up to 30 s."""
        end = time.monotonic() + seconds
        while again := [entry for entry in self.books.entries() if entry.answer in (450, 451) and wanted(entry)]:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(again)} mails are still deferred: {again[0]}")
            self.side_by_side(again, lambda client, entry: self.send(
                client, entry.kind, entry.sender, entry.mailbox, entry.token))
            time.sleep(3)

    def settle(self, seconds: float = PATIENCE) -> None:
        """Waits until nothing moves in Postfix any more: what is left is deferred or held."""
        def still():
            return all(mail["queue_name"] in ("deferred", "hold") for mail in self.postfix.queued())
        scratch.wait_until(still, seconds, "a quiet queue", step=0.2)
        scratch.wait_until(still, seconds, "a quiet queue", step=0.2)

    def wait_for(self, kind: str, places: dict, seconds: float = PATIENCE) -> None:
        """Until the mails of that kind are at `places`. The queue is tried again meanwhile: a mail
        that was just being put off when the queue was flushed would else wait for minutes."""
        end, flushed = time.monotonic() + seconds, time.monotonic()
        while True:
            looked = time.monotonic()
            found = self.balance().by_kind[kind]
            if found == places:
                return
            if looked > end:
                raise TimeoutError(f"the mails '{kind}' are {dict(found)} and not {places}")
            if time.monotonic() > flushed + 5:
                self.postfix.flush()
                flushed = time.monotonic()
            time.sleep(max(0.3, 3 * (time.monotonic() - looked)))

    def empty_the_queue(self) -> None:
        self.postfix.drain(PATIENCE)

    def balance(self) -> books.Balance:
        return self.books.balance(self.sink.delivered(), self.postfix.queued())

    # -- the swap --------------------------------------------------------------------------------

    def swap(self) -> None:
        self.directory.swap()
        self.swapped_at = time.monotonic()

    def mend(self) -> None:
        self.mended_at = time.monotonic()
        self.directory.mend()

    def judge_swap(self, rightful) -> tuple[list[str], str]:
        """What went wrong, and words about what was in flight. `rightful`: mailbox → account.

        Postfix asks where a recipient may go, and then hands the mail over: what is between the two
        at the instant of the swap is nobody's to stop. So such a mail was accepted before, Postfix
        had asked before, and it is gone a moment later; and nobody who asked after the swap was told
        to go on.
        """
        wrong, swapped = [], {subscribers.address(number) for number in self.directory.moved}
        asked = collections.defaultdict(list)
        for answer in self.overheard.answers():
            if answer.key in swapped:
                asked[answer.key].append(answer.asked)
                if self.swapped_at < answer.asked < self.mended_at and not answer.text.startswith("OK retry:"):
                    wrong.append(f"asked for {answer.key} after the swap: {answer.text}")
        before, after = [0.0], [0.0]
        misfiled = self.sink.misfiled(rightful)
        for token, mailbox, filed in misfiled:
            accepted = self.books.entry(token, mailbox).when
            # Later questions are another mail's, and their answers are looked at above.
            own = [when for when in asked[mailbox] if when < min(filed, self.swapped_at)]
            before.append(self.swapped_at - max(own, default=float("inf")))
            after.append(filed - self.swapped_at)
            if accepted > self.swapped_at or before[-1] < 0 or after[-1] > IN_FLIGHT:
                wrong.append(f"{token} to {mailbox} was misdelivered, {after[-1]:.2f} s after the swap; accepted "
                             f"{self.swapped_at - accepted:.2f} s before it, asked for {before[-1]:.2f} s before it")
        return wrong, (f"{len(misfiled)} in flight at the instant of the swap, asked for up to {max(before):.2f} s "
                       f"before it, delivered up to {max(after):.2f} s after it")
