#!/usr/bin/env python3
"""Two gateways on one PostgreSQL: what is done through one counts at the other at its next mail.

Then the server goes away under load: it is stopped, so that it accepts and never answers, and it is
killed. Nothing passes unscanned, nothing is lost, and both gateways recover by themselves.
"""
import json
import os
import pathlib
import sys
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "servers")]
import servers  # noqa: E402
from harness import gateway, live, owners, rules, scratch, unpacked  # noqa: E402

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
    os.chown(password, 1, 1)
    directory = owners.Owners(common, OWN)
    (common / "notices.toml").write_text(NOTICE)
    gate = gateway.Gateway(
        {**directory.settings, "store.url": f"postgresql:host=127.0.0.1 port={server.port} user=warifu dbname=postgres",
         "store.timeout": "500ms", "pin.recheck": "1h", "breaker.account_alarms": 3,
         "fingerprint.key_file": f"{common}/fingerprint.key", "notices.paths": [str(common / "notices.toml")]},
        users=USERS, table="", patterns=rules.text(), twin={}, env={"PGPASSFILE": str(password)})
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


if __name__ == "__main__":
    live.main()
