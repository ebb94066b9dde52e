#!/usr/bin/env python3
"""The daemon's life under a real Postfix: down, killed, reloaded and replaced while mail flows.

What must hold throughout: no mail reaches the sink that was not scanned, and none is lost: a client
that tries again after a temporary failure gets its mail through.
"""
import collections
import pathlib
import re
import smtplib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, rules, scratch  # noqa: E402

TANAKA = "tanaka@example.jp"
TABLE = "tanaka@example.jp tanaka@example.jp\n"
SECRET = rules.marker("tag", 7)


class Load:
    """Clients that send marked mails over connections of a few mails each, until stopped."""

    def __init__(self, gate: gateway.Gateway, name: str, clients: int = 4):
        self.gate, self.name = gate, name
        self.sent: list[str] = []                 # recipients whose mail was accepted
        self.answers = collections.Counter()      # reply code → how often
        self.errors: list[str] = []
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int) -> None:
        """Until that many more mails were accepted."""
        goal = len(self.sent) + count
        scratch.wait_until(lambda: len(self.sent) >= goal, 60, f"{count} more mails")

    def _run(self, client_number: int) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                with self.gate.client(TANAKA) as client:
                    for _ in range(5):
                        number += 1
                        recipient = f"{self.name}-{client_number}-{number}@example.net"
                        if not self._deliver(client, recipient):
                            break
            except Exception as error:  # a connection that broke is counted, and tried anew
                with self._lock:
                    self.errors.append(repr(error))

    def _deliver(self, client, recipient) -> bool:
        message = mails.Mail(TANAKA, recipient, ["本文", SECRET])
        reply = client.send(TANAKA, recipient, message.raw())
        with self._lock:
            self.answers[reply.code] += 1
            if reply.code == 250:
                self.sent.append(recipient)
        return reply.code == 250


class Life(unittest.TestCase):
    KIND = gateway.Gateway  # sendmail_test.py asks the same of Sendmail

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, {}, users=[TANAKA], table=TABLE, patterns=rules.text(), secrets=[SECRET],
                                        kind=cls.KIND)
        cls.warifu = cls.gateway.warifu

    def all_scanned(self, load: Load) -> None:
        """Each accepted mail is at the sink, once, with the mark of a mail that was scanned."""
        self.assertGreater(len(load.sent), 0)
        scratch.wait_until(lambda: self._arrived(load) >= len(load.sent), 30, "all accepted mails at the sink")
        by_recipient = collections.Counter()
        for mail in self.gateway.sink.mails():
            for recipient in mail.recipients:
                if recipient.startswith(load.name + "-"):
                    by_recipient[recipient] += 1
                    self.assertEqual(len(mail.fields("X-Warifu")), 1, f"{recipient} passed unscanned")
        self.assertEqual(set(by_recipient), set(load.sent))
        self.assertEqual(set(by_recipient.values()), {1})

    def _arrived(self, load) -> int:
        return sum(mail.recipients[0].startswith(load.name + "-") for mail in self.gateway.sink.mails())

    def mark_log(self) -> int:
        return len(self.gateway.mta.log_text())

    def milter_troubles(self, mark: int) -> list[str]:
        return [line for line in self.gateway.mta.log_text()[mark:].splitlines()
                if re.search(r"[Mm]ilter (service|inet|unix)|milter.*(refused|timeout|broken)|unreasonable", line)
                and "milter-hold" not in line]

    def test_replacement_under_load_refuses_no_connection(self):
        mark = self.mark_log()
        with Load(self.gateway, "replace") as load:
            load.wait_for(20)
            for _ in range(5):
                old, self.warifu.process = self.warifu.process, self.warifu.spawn()
                old.terminate()
                load.wait_for(20)
                self.assertEqual(old.wait(15), 0)
            load.wait_for(10)
        refused = [line for line in self.milter_troubles(mark) if "onnect to" in line or "No such file" in line]
        self.assertEqual(refused, [])
        self.assertLessEqual(set(load.answers), {250, 451}, load.answers)
        self.all_scanned(load)
        print(f"    replaced 5 times: {len(load.sent)} mails accepted, {load.answers[451]} asked to come again, "
              f"{len(load.errors)} connections broken")

    def test_reload_under_load(self):
        with Load(self.gateway, "reload") as load:
            for number in range(10):
                (self.warifu.patterns / "live.toml").write_text(rules.text() + f"# {number}\n")
                told = self.warifu.reload()
                self.assertEqual(told.returncode, 0, told)
                load.wait_for(8)
        self.assertEqual(set(load.answers), {250}, load.answers)
        self.assertEqual(load.errors, [])
        self.all_scanned(load)

    def test_broken_reload_keeps_the_old_rules(self):
        good = (self.warifu.patterns / "live.toml").read_text()
        (self.warifu.patterns / "live.toml").write_text(good + "[[rules]]\nid = 1\n")
        try:
            with Load(self.gateway, "broken") as load:
                told = self.warifu.reload()
                self.assertEqual(told.returncode, 2, told)
                self.assertIn("live.toml", told.stdout + told.stderr)
                load.wait_for(10)
        finally:
            (self.warifu.patterns / "live.toml").write_text(good)
        self.all_scanned(load)
        self.assertEqual(self.warifu.reload().returncode, 0)

    def test_usr1_reloads(self):
        before = self.warifu.tool("status", "--config", self.warifu.config, "--format", "json").stdout
        self.warifu.process.send_signal(10)
        scratch.wait_until(lambda: self.warifu.tool("status", "--config", self.warifu.config, "--format",
                                                    "json").stdout != before, 10, "a reload by USR1")
        self.assertIsNone(self.warifu.process.poll())

    def test_daemon_down_defers_and_nothing_passes(self):
        took = self.warifu.stop()
        self.addCleanup(lambda: self.warifu.process.poll() is None or self.warifu.start())
        self.assertLess(took, 1.0)
        message = mails.Mail(TANAKA, "down@example.net", ["本文"])
        with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:  # both MTAs defer from AUTH on
            self.gateway.send(TANAKA, TANAKA, message.to, message.raw())
        self.assertEqual(caught.exception.smtp_code, 454)
        reply = self.gateway.send("", "stranger@example.org", message.to, message.raw())
        self.assertEqual((reply.stage, reply.code), ("mail", 451), reply)
        self.assertEqual(self.gateway.sink.to(message.to), [])
        self.warifu.start()
        self.assertEqual(self.gateway.send(TANAKA, TANAKA, message.to, message.raw()).code, 250)
        self.gateway.sink.wait_for(message.to)

    def test_killed_daemon_lets_nothing_pass_and_comes_back(self):
        with Load(self.gateway, "killed") as load:
            load.wait_for(10)
            self.warifu.kill()
            time.sleep(0.5)
            self.warifu.start()  # over the socket that the dead process left
            load.wait_for(10)
        self.assertLessEqual(set(load.answers), {250, 451}, load.answers)
        self.all_scanned(load)

    def test_stop_with_idle_connections_takes_less_than_a_second(self):
        clients = [self.gateway.client(TANAKA) for _ in range(10)]
        for client in clients:
            self.addCleanup(client.close)
        took = self.warifu.stop()
        self.warifu.start()
        self.assertLess(took, 1.0)


if __name__ == "__main__":
    live.main()
