#!/usr/bin/env python3
"""Two gateways on one PostgreSQL: what is done through one counts at the other at its next mail.

Then the server goes away under load: it is stopped, so that it accepts and never answers, and it is
killed. Nothing passes unscanned, nothing is lost, and both gateways recover by themselves.
"""
import json
import pathlib
import shutil
import sys
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "servers")]
import servers  # noqa: E402
from harness import gateway, live, owners, rules, scratch, unpacked, warifu  # noqa: E402

TANAKA, SUZUKI, SATO, MORI = USERS = [f"{name}@example.jp" for name in ("tanaka", "suzuki", "sato", "mori")]
RACES = [f"race{number}@example.jp" for number in range(12)]
OWN = {address: [address] for address in (*USERS, "move@example.jp", "crash@example.jp")} | {
    address: [TANAKA] for address in RACES}
OUT = "customer@example.net"
PORTAL = "127.0.0.10"
NOTICE = f"""\
[[notices]]
id = "reset"
kind = "reset"
source = ["network:{PORTAL}"]
from = ["noreply@example.jp"]
flow = "portal"
[notices.account]
header = "X-Account"
[notices.token]
header = "X-Token"
"""


def mail(author: str, body: str = "本文", *fields: str) -> bytes:
    return "\r\n".join([f"From: {author}", *fields, "Subject: test", "", body, ""]).encode()


def setUpModule():
    """One server, one Postfix, two daemons for the whole file."""
    global server, directory, gate
    live.require_root()
    try:
        unpacked.tree("servers")
    except unpacked.UnpackError as error:
        raise unittest.SkipTest(str(error))
    shared = scratch.Scratch("warifu-gateways-")
    unittest.addModuleCleanup(shared.remove)
    server = servers.PostgreSQL(shared.folder("postgresql"))
    unittest.addModuleCleanup(server.stop)
    server.start()
    common = shared.folder("common", 0o777)
    password = common / "pgpass"
    password.write_text(f"*:*:*:*:{servers.PASSWORD}\n")
    password.chmod(0o600)
    shutil.chown(password, warifu.USER)
    directory = owners.Owners(common, OWN)
    (common / "notices.toml").write_text(NOTICE)
    gate = gateway.Gateway(
        {**directory.settings, "store.url": f"postgresql:host=127.0.0.1 port={server.port} user=warifu dbname=postgres",
         "store.timeout": "500ms", "pin.recheck": "1h", "breaker.account_alarms": 3,
         "fingerprint.key_file": f"{common}/fingerprint.key", "notices.paths": [str(common / "notices.toml")]},
        users=USERS, table="", patterns=rules.text(), twin={}, env={"PGPASSFILE": str(password)},
        # Else Postfix itself slows down who is refused again and again.
        postfix={"smtpd_soft_error_limit": "100000", "smtpd_hard_error_limit": "100000"})
    unittest.addModuleCleanup(gate.close)
    Gateways.command(gate.warifu, "bind", "import")


class Gateways(unittest.TestCase):
    def setUp(self):
        self.one, self.other = gate.warifu, gate.twin

    @staticmethod
    def command(daemon, *words, status: int = 0) -> str:
        done = daemon.tool(*words, "--config", daemon.config)
        if done.returncode != status:
            raise AssertionError(f"warifu {' '.join(map(str, words))}: {done}")
        return done.stdout

    def open(self, login: str, second: bool):
        """A session with one of the gateways, which has taken a mail already."""
        service = ("submission" if login else "mx") + ("2" if second else "")
        client = gate.client(login, service)
        self.addCleanup(client.close)
        return client

    def sends(self, client, sender: str, recipient: str = OUT, author: str = "") -> tuple[str, int]:
        client.reset()
        reply = client.send(sender, recipient, mail(author or sender))
        return reply.stage, reply.code

    def history(self, kind: str, address: str) -> int:
        return int(server.psql(f"select count(*) from history where kind = '{kind}' and address = '{address}'"))

    # -- what is done at one counts at the other ---------------------------------------------------

    def test_lock(self):
        session = self.open(SUZUKI, second=True)
        self.assertEqual(self.sends(session, SUZUKI), ("end", 250))
        self.command(self.one, "account", "lock", SUZUKI, "--reason", "不正ログイン")
        self.assertEqual(self.sends(session, SUZUKI), ("mail", 550))
        self.command(self.other, "account", "unlock", SUZUKI)
        self.assertEqual(self.sends(self.open(SUZUKI, second=False), SUZUKI), ("end", 250))
        self.assertEqual(self.sends(session, SUZUKI), ("end", 250))

    def test_announced_change(self):
        moved = "move@example.jp"
        session = self.open(MORI, second=True)
        directory.put(moved, MORI)
        self.assertEqual(self.sends(session, moved), ("mail", 451))
        self.command(self.one, "bind", "announce", moved, "--from", moved, "--to", MORI, "--ref", "T-1")
        self.assertEqual(self.sends(session, moved), ("end", 250))
        self.assertEqual(self.sends(self.open(MORI, second=False), moved), ("end", 250))
        self.assertEqual(self.history("move", moved), 1)
        change, = map(json.loads, self.command(self.one, "bind", "changes", moved, "--state", "used",
                                               "--format", "json").splitlines())
        self.assertEqual(change["reference"], "T-1")

    def test_dispute(self):
        """By two notices of one flow, which the gateways get one each."""
        session = self.open("", second=True)
        self.assertEqual(self.sends(session, "stranger@example.org", SATO), ("end", 250))
        for account, service in ((SATO, "mx"), (TANAKA, "mx2")):
            with gate.client(service=service, source=PORTAL) as portal:
                portal.send("noreply@example.jp", SATO, mail("noreply@example.jp", "", f"X-Account: {account}",
                                                             "X-Token: 5f1c9d2e7ab34680"))
        self.assertEqual(self.sends(session, "stranger@example.org", SATO), ("rcpt", 451))
        here = self.open("", second=False)
        self.assertEqual(self.sends(here, "stranger@example.org", SATO), ("rcpt", 451))
        for address in (SATO, TANAKA):
            self.command(self.other, "bind", "resolve", address, "--owner", address, "--ref", "T-2")
        self.assertEqual(self.sends(here, "stranger@example.org", SATO), ("end", 250))
        self.assertEqual(self.sends(session, "stranger@example.org", SATO), ("end", 250))

    def test_breaker(self):
        """Alarms of both gateways are counted together."""
        here, there = self.open(MORI, second=False), self.open(MORI, second=True)
        for number, client in enumerate((here, there, here)):
            self.assertEqual(self.sends(there, MORI), ("end", 250))
            self.assertEqual(client.send(MORI, OUT, mail(MORI, rules.marker("hold", number))).code, 250)
        scratch.wait_until(lambda: "account:" in self.command(self.one, "status"), 5, "the open breaker")
        self.assertEqual(self.sends(there, MORI), ("rcpt", 451))
        self.assertEqual(self.sends(here, MORI), ("rcpt", 451))
        self.assertEqual(self.sends(there, MORI, SUZUKI), ("end", 250), "internal mail passes")
        self.command(self.other, "breaker", "close", f"account:{MORI}")
        self.assertEqual(self.sends(here, MORI), ("end", 250))

    def test_one_change_and_four_sessions_at_once(self):
        changes = "".join(f"{address} {TANAKA} {MORI}\n" for address in RACES)
        path = self.one.folder / "changes"
        path.write_text(changes)
        self.command(self.other, "bind", "announce", "--file", path, "--ref", "BULK-1")
        for address in RACES:
            directory.put(address, MORI)
        sessions = [self.open(MORI, second=bool(number % 2)) for number in range(4)]
        answers, start = [], threading.Barrier(len(sessions))

        def run(client):
            for address in RACES:
                start.wait(30)
                answers.append((address, str(client.command("mail", f"MAIL FROM:<{address}>"))))
                client.reset()
        threads = [threading.Thread(target=run, args=(client,)) for client in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual([answer for answer in answers if "250" not in answer[1]], [])
        for address in RACES:
            self.assertEqual(self.history("move", address), 1, address)
        # Used once: the way back was not announced.
        directory.put(RACES[0], TANAKA)
        for second in (False, True):
            self.assertEqual(self.sends(self.open(TANAKA, second), RACES[0]), ("mail", 451))


class Users(threading.Thread):
    """One who sends and sends; every mail has a marker that a rule tags, so a mail without the tag was not read."""

    def __init__(self, name: str, login: str, service: str):
        super().__init__(daemon=True)
        self.word, self.login, self.service = name, login, service
        self.answers: list[tuple[str, object, float, float]] = []  # recipient, reply, when, seconds
        self.enough = threading.Event()

    def run(self):
        with gate.client(self.login, self.service) as client:
            while not self.enough.wait(0.04):
                recipient = f"{self.word}-{len(self.answers)}@example.net"
                client.reset()
                start = time.monotonic()
                reply = client.send(self.login, recipient, self.mail())
                self.answers.append((recipient, reply, start, time.monotonic() - start))

    def mail(self) -> bytes:
        return mail(self.login, rules.marker("tag"))

    def taken(self, since: float = 0) -> int:
        return sum(reply.code == 250 and start > since for _, reply, start, _ in list(self.answers))


class Outage(unittest.TestCase):
    def setUp(self):
        for daemon in (gate.warifu, gate.twin):  # the breakers of other tests stay out of it
            for login in (SUZUKI, SATO):
                daemon.tool("breaker", "close", f"account:{login}", "--config", daemon.config)

    def test_server_that_accepts_and_never_answers(self):
        self.outage("stopped", server.pause, server.go_on)

    def test_server_that_is_killed(self):
        Gateways.command(gate.warifu, "account", "lock", "acknowledged", "--reason", "before the crash")
        self.outage("killed", server.kill, server.start_again)
        for daemon in (gate.warifu, gate.twin):
            self.assertIn("before the crash", Gateways.command(daemon, "account", "show", "acknowledged", status=1))

    def outage(self, name: str, away, back) -> None:
        users = [Users(f"{name}{number}", login, service) for number, (login, service) in enumerate(
            (login, service) for login in (SUZUKI, SATO) for service in ("submission", "submission2"))]
        processes = [gate.warifu.process, gate.twin.process]
        begun = {service: gate.client(MORI if "sub" in service else "", service)
                 for service in ("submission", "mx2")}
        try:
            for user in users:
                user.start()
            scratch.wait_until(lambda: all(user.taken() > 5 for user in users), 20, "mail before the outage")
            for service, client in begun.items():
                self.addCleanup(client.close)
                sender = MORI if "sub" in service else "stranger@example.org"
                for line in (f"MAIL FROM:<{sender}>", f"RCPT TO:<begun-{name}@{service}.example.net>"):
                    reply = client.command("begun", line)
                    self.assertEqual(reply.code, 250, reply)
                self.assertEqual(client.command("data", "DATA").code, 354)
            self.addCleanup(server.go_on)
            away()
            gone = time.monotonic()
            for service, client in begun.items():
                reply = client.end(mail(MORI if "sub" in service else "stranger@example.org", rules.marker("hold")))
                self.assertEqual((reply.code, reply.enhanced), (451, "4.3.0"), f"{service}: {reply}")
            scratch.wait_until(lambda: all(user.answers[-1][1].code == 451 for user in users), 20, "deferrals")
            time.sleep(max(0.0, 2 - (time.monotonic() - gone)))
            back()
            there = time.monotonic()
            scratch.wait_until(lambda: all(user.taken(there) > 3 for user in users), 20, "mail after the outage")
            print(f"{name}: the last of both gateways recovered in {time.monotonic() - there:.1f} s", file=sys.stderr)
        finally:
            for user in users:
                user.enough.set()
            for user in users:
                user.join(30)
        self.assertEqual([process.poll() for process in processes], [None, None], "neither daemon ended")
        answers = [answer for user in users for answer in user.answers]
        self.assertLess(max(seconds for *_, seconds in answers), 4)
        self.assertEqual({reply.code for _, reply, _, _ in answers}, {250, 451})
        # A client that tries again loses nothing, and nothing arrives twice.
        accepted = {recipient for recipient, reply, _, _ in answers if reply.code == 250}
        for user in users:
            with gate.client(user.login, user.service) as client:
                for recipient, reply, _, _ in user.answers:
                    if reply.code == 451:
                        self.assertEqual(client.send(user.login, recipient, user.mail()).code, 250)
        gate.postfix.drain()
        for recipient, *_ in answers:
            arrived = gate.sink.to(recipient)
            self.assertEqual(len(arrived), 1, recipient)
            self.assertEqual(len(arrived[0].fields("X-Warifu")), 1, f"{recipient} was not scanned")
        self.assertEqual([m for m in gate.sink.mails() if f"begun-{name}" in m.recipients[0]], [])
        print(f"{name}: {len(accepted)} taken at once, {len(answers) - len(accepted)} deferred and taken later, "
              f"slowest {max(seconds for *_, seconds in answers):.1f} s", file=sys.stderr)


if __name__ == "__main__":
    live.main()
