#!/usr/bin/env python3
"""A directory that falls silent: a real slapd and a real PostgreSQL that accept and never answer, are
killed, and come back.

For `directory.stale_for` the record of proven owners answers, and events say so; after that, and for
whom nothing is proven, mail is deferred. Ten minutes and an hour are seconds here. A server that
refuses the login has answered: nobody stands in for it, until the password file is right again.
"""
import json
import pathlib
import sys
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "servers")]
import servers  # noqa: E402
from harness import gateway, live, rules, scratch  # noqa: E402

OUT = "customer@example.net"
STALE_FOR = 5.0
TARO, HANAKO, UNPROVEN = "taro@example.jp", "hanako@example.jp", "info@example.jp"


def mail(author: str) -> bytes:
    return f"From: {author}\r\nSubject: test\r\n\r\n本文\r\n".encode()


class Silence:
    """taro, hanako, and info of both, in a directory of whatever kind."""
    kind: type[servers.Server]

    @classmethod
    def fill(cls) -> None:
        """Puts the people in, where the server does not come with them."""

    @classmethod
    def directory(cls) -> dict:
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.server = servers.for_class(cls, cls.kind)
        cls.fill()
        cls.password = cls.server.folder.parent / "password"
        cls.password.write_text(servers.PASSWORD + "\n")
        cls.password.chmod(0o644)  # of this server alone
        cls.gate = gateway.for_class(
            cls, {"account.realm": "strip", "directory.table": None, "directory.timeout": "300ms",
                  "directory.password_file": str(cls.password), "directory.stale_for": f"{STALE_FOR:.0f}s",
                  "pin.recheck": "1h", **cls.directory()},
            users=["taro@example.jp", "hanako@example.jp"], table="", patterns=rules.text(),
            postfix={"smtpd_soft_error_limit": "100000", "smtpd_hard_error_limit": "100000"})
        for user in (TARO, HANAKO):  # proven by mail of their own
            reply = cls.gate.send(user, user, "proof@example.net", mail(user))
            assert reply.code == 250, reply

    def sends(self, client, sender: str, recipient: str = OUT) -> tuple[str, int]:
        client.reset()
        reply = client.send(sender, recipient, mail(sender))
        return reply.stage, reply.code

    def stale(self, recipient: str) -> set[str]:
        """The checks of that recipient's last mail for which the ledger answered."""
        return {check["check"] for check in self.gate.warifu.event_for(recipient)["checks"] if check.get("stale")}

    def test_server_that_accepts_and_never_answers(self):
        self.silence("stopped", self.server.pause, self.server.go_on)

    def test_server_that_is_killed(self):
        self.silence("killed", self.server.kill, self.server.start_again)

    def silence(self, name: str, away, back) -> None:
        user, other = self.gate.client("taro@example.jp"), self.gate.client()
        for client in (user, other):
            self.addCleanup(client.close)
        self.assertEqual(self.sends(user, TARO, f"{name}-before@example.net"), ("end", 250))
        self.assertEqual(self.stale(f"{name}-before@example.net"), set())
        load = threading.Thread(target=self.load, args=(name, stop := threading.Event(), answers := []))
        load.start()
        try:
            self.addCleanup(self.server.go_on)
            away()
            gone = time.monotonic()
            self.assertEqual(self.sends(user, TARO, f"{name}-during@example.net"), ("end", 250))
            self.assertEqual(self.sends(other, "stranger@example.org", HANAKO), ("end", 250))
            self.assertLess(time.monotonic() - gone, STALE_FOR, "too slow a machine for this test")
            self.assertIn("sender", self.stale(f"{name}-during@example.net"))
            self.assertIn("pin", self.stale(HANAKO))
            # The ledger proves whose it is, not whose it is not; and of others it knows nothing.
            self.assertEqual(self.sends(user, HANAKO), ("mail", 553))
            self.assertEqual(self.sends(user, UNPROVEN), ("mail", 451))
            self.assertEqual(self.sends(other, "stranger@example.org", UNPROVEN), ("rcpt", 451))
            time.sleep(max(0.0, STALE_FOR + 0.5 - (time.monotonic() - gone)))
            self.assertEqual(self.sends(user, TARO), ("mail", 451))
            self.assertEqual(self.sends(other, "stranger@example.org", HANAKO), ("rcpt", 451))
            back()
            there = time.monotonic()
            scratch.wait_until(lambda: self.sends(other, "stranger@example.org", UNPROVEN) == ("end", 250), 40, "the directory's answers", 0.2)
            recovered = time.monotonic() - there
            self.assertEqual(self.sends(user, TARO, f"{name}-after@example.net"), ("end", 250))
            self.assertEqual(self.stale(f"{name}-after@example.net"), set())
        finally:
            stop.set()
            load.join(30)
        self.assertEqual({code for code, _ in answers}, {250, 451})
        slowest = max(seconds for _, seconds in answers)
        self.assertLess(slowest, 4)
        self.gate.postfix.drain()
        taken = sum(code == 250 for code, _ in answers)
        # One that was let in while the ledger still answered, and ended when it did so no more, is held.
        arrived = lambda: len({recipient for recipient in (
            *(m.recipients[0] for m in self.gate.sink.mails()),
            *(r["address"] for m in self.gate.postfix.queued() if m["queue_name"] == "hold" for r in m["recipients"]))
            if recipient.startswith(f"{name}-load")})
        scratch.wait_until(lambda: arrived() >= taken, 20, f"{taken} mails at the sink or on hold", 0.2)
        self.assertEqual(arrived(), taken)
        print(f"{self.server.name} {name}: recovered in {recovered:.1f} s; {len(answers)} mails of another user, slowest {slowest:.1f} s",
              file=sys.stderr)

    def load(self, name: str, stop: threading.Event, answers: list) -> None:
        with self.gate.client("hanako@example.jp") as client:
            while not stop.wait(0.05):
                start = time.monotonic()
                client.reset()
                reply = client.send(HANAKO, f"{name}-load{len(answers)}@example.net", mail(HANAKO))
                answers.append((reply.code, time.monotonic() - start))


class Ldap(Silence, unittest.TestCase):
    """people.ldif."""
    kind = servers.Slapd

    @classmethod
    def directory(cls) -> dict:
        return {"directory.type": "ldap", "directory.url": f"ldap://127.0.0.1:{cls.server.port}",
                "directory.ldap": {"base": "dc=example,dc=jp", "filter": "(mail=:address)",
                                   "bind_dn": "cn=reader,dc=example,dc=jp"}}


class Sql(Silence, unittest.TestCase):
    kind = servers.PostgreSQL

    @classmethod
    def fill(cls) -> None:
        rows = [(TARO, "taro"), (HANAKO, "hanako"), (UNPROVEN, "taro"), (UNPROVEN, "hanako")]
        cls.server.psql("create table boxes (address text, login text);"
                        + "".join(f"insert into boxes values ('{address}', '{login}');" for address, login in rows)
                        + f"create role reader login password '{servers.PASSWORD}'; grant select on boxes to reader;")

    @classmethod
    def directory(cls) -> dict:
        return {"directory.type": "sql", "directory.query": "select login from boxes where address = :address",
                "directory.url": f"postgresql:host=127.0.0.1 port={cls.server.port} user=reader dbname=postgres"}

    def test_password_that_is_rotated_under_a_running_daemon(self):
        user, other = self.gate.client("taro@example.jp"), self.gate.client()
        for client in (user, other):
            self.addCleanup(client.close)
        self.assertEqual(self.sends(user, TARO), ("end", 250))
        self.server.psql("alter role reader password 'another of 7 words'")
        # Connections that stand are not asked for it.
        self.assertEqual(self.sends(user, TARO), ("end", 250))
        self.server.psql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'")
        self.assertEqual(self.sends(user, TARO, "rotated@example.net"), ("mail", 451))
        self.assertEqual(self.sends(user, HANAKO), ("mail", 451))
        self.assertEqual(self.sends(other, "stranger@example.org", HANAKO), ("rcpt", 451))
        checked = self.gate.warifu.tool("check", "--config", self.gate.warifu.config)
        self.assertNotEqual(checked.returncode, 0)
        self.assertRegex(checked.stdout, rf"directory.*refuses the login: mend the url or the password in {self.password}")
        said = [check for event in self.gate.warifu.events() for check in event.get("checks", [])
                if "refuses the login" in json.dumps(check)]
        self.assertTrue(said, "the events say what to mend")
        self.assertFalse([check for check in said if check.get("stale")])
        self.password.write_text("another of 7 words\n")
        mended = time.monotonic()
        self.assertEqual(self.sends(user, TARO), ("end", 250))
        self.assertEqual(self.sends(other, "stranger@example.org", HANAKO), ("end", 250))
        print(f"a rotated password: recovered by the next mail, in {time.monotonic() - mended:.2f} s", file=sys.stderr)


if __name__ == "__main__":
    live.main(side_by_side=True)
