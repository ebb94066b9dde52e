#!/usr/bin/env python3
"""A directory that falls silent: a real slapd that accepts and never answers, is killed, and comes back.

For `directory.stale_for` the record of proven owners answers, and events say so; after that, and for
whom nothing is proven, mail is deferred. Ten minutes and an hour are seconds here.
"""
import pathlib
import sys
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "servers")]
import servers  # noqa: E402
from harness import gateway, live, rules, scratch, unpacked  # noqa: E402

OUT = "customer@example.net"
STALE_FOR = 5.0
TARO, HANAKO, UNPROVEN = "taro@example.jp", "hanako@example.jp", "info@example.jp"


def mail(author: str) -> bytes:
    return f"From: {author}\r\nSubject: test\r\n\r\n本文\r\n".encode()


class Silence(unittest.TestCase):
    """people.ldif: taro, hanako, and info of both."""

    @classmethod
    def setUpClass(cls):
        live.require_root()
        try:
            unpacked.tree("servers")
        except unpacked.UnpackError as error:
            raise unittest.SkipTest(str(error))
        own = scratch.Scratch("warifu-silence-")
        cls.addClassCleanup(own.remove)
        cls.server = servers.Slapd(own.folder("slapd"))
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        password = own.path / "password"
        password.write_text(servers.PASSWORD + "\n")
        password.chmod(0o644)  # of this server alone
        cls.gate = gateway.for_class(
            cls, {"account.realm": "strip", "directory.table": None, "directory.type": "ldap",
                  "directory.url": f"ldap://127.0.0.1:{cls.server.port}", "directory.timeout": "300ms",
                  "directory.password_file": str(password), "directory.stale_for": f"{STALE_FOR:.0f}s",
                  "directory.ldap": {"base": "dc=example,dc=jp", "filter": "(mail=:address)",
                                     "bind_dn": "cn=reader,dc=example,dc=jp"},
                  "pin.recheck": "1h"},
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
        arrived = {m.recipients[0] for m in self.gate.sink.mails() if m.recipients[0].startswith(f"{name}-load")}
        self.assertEqual(len(arrived), sum(code == 250 for code, _ in answers))
        print(f"{name}: recovered in {recovered:.1f} s; {len(answers)} mails of another user, slowest {slowest:.1f} s",
              file=sys.stderr)

    def load(self, name: str, stop: threading.Event, answers: list) -> None:
        with self.gate.client("hanako@example.jp") as client:
            while not stop.wait(0.05):
                start = time.monotonic()
                client.reset()
                reply = client.send(HANAKO, f"{name}-load{len(answers)}@example.net", mail(HANAKO))
                answers.append((reply.code, time.monotonic() - start))


if __name__ == "__main__":
    live.main()
