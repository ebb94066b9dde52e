#!/usr/bin/env python3
"""The harness itself: a mail reaches the sink through SASL, without and with a milter; hold and release."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import live, scratch  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.postfix import Postfix  # noqa: E402
from harness.sink import Sink  # noqa: E402
from harness.witness import Witness  # noqa: E402

MAIL = b"From: tanaka@example.jp\r\nTo: suzuki@example.net\r\nSubject: hello\r\n\r\n.one dot\r\nend\r\n"


class HarnessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.scratch = scratch.Scratch()
        cls.addClassCleanup(cls.scratch.remove)
        cls.sink = Sink(cls.scratch.folder("sink"))
        cls.addClassCleanup(cls.sink.close)
        cls.witness = Witness(cls.scratch.path / "witness.sock")
        cls.addClassCleanup(cls.witness.close)
        login = {"smtpd_sasl_auth_enable": "yes",
                 "smtpd_relay_restrictions": "permit_sasl_authenticated,reject"}
        cls.postfix = Postfix(cls.scratch.path / "postfix", cls.sink.port, {
            "plain": login,
            "milter": {**login, "smtpd_milters": cls.witness.address,
                       "milter_macro_daemon_name": "submission"},
            "hold": {"smtpd_recipient_restrictions": "check_sender_access static:HOLD"},
            "down": {"smtpd_milters": "unix:/nonexistent", "milter_default_action": "tempfail"}})
        cls.addClassCleanup(cls.postfix.stop)
        cls.postfix.add_user("tanaka@example.jp", "correct-horse")
        cls.postfix.start()

    def client(self, service, *words):
        client = Client(self.postfix.ports[service], *words)
        self.addCleanup(client.close)
        return client

    def test_mail_through_sasl_arrives_byte_for_byte(self):
        reply = self.client("plain", "tanaka@example.jp", "correct-horse").send(
            "tanaka@example.jp", "plain@example.net", MAIL)
        self.assertEqual(reply.code, 250, reply)
        mail, = self.sink.wait_for("plain@example.net")
        self.assertEqual(mail.sender, "tanaka@example.jp")
        self.assertEqual(mail.body, b".one dot\r\nend\r\n")
        self.assertEqual(mail.fields("subject"), [b"hello"])

    def test_wrong_password_is_refused(self):
        with self.assertRaises(Exception) as caught:
            self.client("plain", "tanaka@example.jp", "wrong-horse")
        self.assertIn("535", str(caught.exception))

    def test_milter_is_asked_and_told_the_login(self):
        reply = self.client("milter", "tanaka@example.jp", "correct-horse").send(
            "tanaka@example.jp", "milter@example.net", MAIL)
        self.assertEqual(reply.code, 250, reply)
        self.sink.wait_for("milter@example.net")
        self.assertEqual(self.witness.macros["{auth_authen}"], "tanaka@example.jp")
        self.assertEqual(self.witness.macros["{daemon_name}"], "submission")
        self.assertIn("E", self.witness.commands)

    def test_held_mail_is_seen_and_released(self):
        reply = self.client("hold").send("a@example.jp", "hold@example.net", MAIL)
        self.assertEqual(reply.code, 250, reply)
        held, = self.postfix.held()
        self.assertEqual(held["recipients"][0]["address"], "hold@example.net")
        self.assertEqual(self.sink.to("hold@example.net"), [])
        self.postfix.release(held["queue_id"])
        self.sink.wait_for("hold@example.net")

    def test_dead_milter_answers_the_default_action(self):
        reply = self.client("down").send("a@example.jp", "down@example.net", MAIL)
        self.assertEqual(reply.code, 451, reply)


if __name__ == "__main__":
    live.main()
