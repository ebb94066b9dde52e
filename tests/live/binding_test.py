#!/usr/bin/env python3
"""Does the sender fit the account? Every binding case over a real login on a real Postfix."""
import pathlib
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, rules, scratch  # noqa: E402

TANAKA, SUZUKI = "tanaka@example.jp", "suzuki@example.jp"
TABLE = """\
# address        accounts
tanaka@example.jp  tanaka@example.jp
suzuki@example.jp  suzuki@example.jp
info@example.jp    tanaka@example.jp,
                   suzuki@example.jp
ceo@example.jp     nobody@example.jp
taro@例え.jp       tanaka@example.jp
田中@example.jp    tanaka@example.jp
@tanaka.example.jp tanaka@example.jp
"""
PASS, MALFORMED, STRANGER = 250, (550, "5.6.0"), (550, "5.7.1")


def fields(*lines: str, body: str = "本文") -> bytes:
    """A mail with exactly these head fields; UTF-8 where a line is not ASCII."""
    return "\r\n".join([*lines, "To: customer@example.net", "Subject: test", "", body, ""]).encode()


# name → (head fields, what is answered at end of message)
AUTHORS = {
    "own": (["From: tanaka@example.jp"], PASS),
    "own, with a name": (["From: =?ISO-2022-JP?B?GyRCRURDZhsoQg==?= <tanaka@example.jp>"], PASS),
    "shared address": (["From: info@example.jp"], PASS),
    "sub-address of one's own": (["From: tanaka+list@example.jp"], PASS),
    "own domain by @domain": (["From: anything@tanaka.example.jp"], PASS),
    "case does not matter": (["From: Tanaka@EXAMPLE.JP"], PASS),
    "somebody else": (["From: suzuki@example.jp"], STRANGER),
    "somebody else behind one's own name": (['From: "tanaka@example.jp" <suzuki@example.jp>'], STRANGER),
    "another domain": (["From: someone@example.org"], STRANGER),
    "address of no account here": (["From: unknown@example.jp"], STRANGER),
    "two From fields": (["From: tanaka@example.jp", "From: ceo@example.jp"], MALFORMED),
    "own and foreign in one From": (["From: tanaka@example.jp, suzuki@example.jp", "Sender: tanaka@example.jp"],
                                    STRANGER),
    "own and shared in one From": (["From: tanaka@example.jp, info@example.jp", "Sender: tanaka@example.jp"], PASS),
    "group of strangers": (["From: Board: ceo@example.jp;"], STRANGER),
    "empty group": (["From: undisclosed:;"], MALFORMED),
    "foreign Sender": (["From: tanaka@example.jp", "Sender: ceo@example.jp"], STRANGER),
    "foreign From behind one's own Sender": (["From: ceo@example.jp", "Sender: tanaka@example.jp"], STRANGER),
    "Resent-From adds, it does not replace": (["Resent-From: tanaka@example.jp", "From: ceo@example.jp"], STRANGER),
    "foreign Resent-From": (["Resent-From: ceo@example.jp", "From: tanaka@example.jp"], STRANGER),
    "foreign Resent-Sender": (["Resent-Sender: ceo@example.jp", "Resent-From: tanaka@example.jp",
                               "From: tanaka@example.jp"], STRANGER),
    "route address": (["From: <@example.org,@example.net:ceo@example.jp>"], STRANGER),
    "comment that looks like one's own": (["From: ceo@example.jp (tanaka@example.jp)"], STRANGER),
    "encoded word in the address": (["From: =?utf-8?q?tanaka=40example=2Ejp?= <ceo@example.jp>"], STRANGER),
    "address in two angle brackets": (["From: <tanaka@example.jp> <ceo@example.jp>"], MALFORMED),
    "no From at all is Postfix's to add": (["X-Test: 1"], PASS),
}


class Binding(unittest.TestCase):
    KIND = gateway.Gateway  # sendmail_test.py asks the same of Sendmail
    AUTHORS = AUTHORS

    @classmethod
    def tls(cls) -> dict:
        """Settings of the mail server."""
        return {"postfix": {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": str(cls.certificate),
                            "smtpd_tls_key_file": str(cls.key), "smtpd_tls_loglevel": "0"}}

    @classmethod
    def setUpClass(cls):
        folder = scratch.Scratch("warifu-live-tls-")
        cls.addClassCleanup(folder.remove)
        cls.certificate, cls.key = folder.path / "cert.pem", folder.path / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=mx.example.jp", "-keyout", cls.key, "-out", cls.certificate],
                       check=True, capture_output=True)
        cls.gateway = gateway.for_class(
            cls, {"domains": ["example.jp", "tanaka.example.jp", "例え.jp"]}, users=[TANAKA, SUZUKI], table=TABLE,
            patterns=rules.text(), secrets=[gateway.PASSWORD], kind=cls.KIND, **cls.tls())

    def send(self, name, sender, mail, login=TANAKA, **more):
        recipient = f"{name}@example.net"
        return recipient, self.gateway.send(login, sender, recipient, mail, **more)

    def expect(self, reply, wanted):
        if wanted == PASS:
            self.assertEqual(reply.code, 250, reply)
        else:
            self.assertEqual((reply.stage, reply.code, reply.enhanced), ("end", *wanted), reply)

    def checks(self, recipient) -> dict:
        return {check["check"]: check for check in self.gateway.warifu.event_for(recipient)["checks"]}

    # -- session ---------------------------------------------------------------------------------

    def test_session_without_a_login_is_refused_where_one_is_required(self):
        reply = self.gateway.send("", TANAKA, "x@example.net", fields("From: tanaka@example.jp"), service="submission")
        self.assertEqual((reply.stage, reply.code, reply.enhanced), ("mail", 530, "5.7.0"), reply)

    def test_session_without_a_login_passes_elsewhere(self):
        reply = self.gateway.send("", "stranger@example.org", TANAKA, fields("From: stranger@example.org"))
        self.assertEqual(reply.code, 250, reply)
        self.gateway.sink.wait_for(TANAKA)

    # -- sender ----------------------------------------------------------------------------------

    def test_senders(self):
        for number, (sender, wanted) in enumerate((
                (TANAKA, 250), ("info@example.jp", 250), ("tanaka+x@example.jp", 250), ("TANAKA@Example.JP", 250),
                ("x@tanaka.example.jp", 250), (SUZUKI, 553), ("ceo@example.jp", 553), ("unknown@example.jp", 553),
                ("someone@example.org", 553), ("tanaka@example.jp.example.org", 553))):
            with self.subTest(sender=sender):
                recipient, reply = self.send(f"sender{number}", sender, fields("From: tanaka@example.jp"))
                self.assertEqual(reply.code, wanted, reply)
                if wanted == 553:
                    self.assertEqual((reply.stage, reply.enhanced), ("mail", "5.7.1"), reply)
                else:
                    self.gateway.sink.wait_for(recipient)

    def test_refused_sender_does_not_end_the_session(self):
        with self.gateway.client(TANAKA) as client:
            self.assertEqual(client.send(SUZUKI, "x@example.net", b"").code, 553)
            reply = client.send(TANAKA, "second-try@example.net", fields("From: tanaka@example.jp"))
            self.assertEqual(reply.code, 250, reply)

    def test_null_sender_of_a_user_is_decided_by_the_author(self):
        recipient, reply = self.send("receipt", "", fields("From: tanaka@example.jp"))
        self.expect(reply, PASS)
        self.gateway.sink.wait_for(recipient)
        recipient, reply = self.send("forged-receipt", "", fields("From: ceo@example.jp"))
        self.expect(reply, STRANGER)

    # -- author ----------------------------------------------------------------------------------

    def test_authors(self):
        for number, (name, (head, wanted)) in enumerate(self.AUTHORS.items()):
            with self.subTest(name):
                recipient, reply = self.send(f"author{number}", TANAKA, fields(*head))
                self.expect(reply, wanted)
                if wanted == PASS:
                    self.gateway.sink.wait_for(recipient)
                else:
                    self.assertIn(self.gateway.warifu.event_for(recipient)["reference"], reply.text)
                    self.assertEqual(self.gateway.sink.to(recipient), [])

    def test_raw_japanese_display_name_is_no_forgery(self):
        for number, codec in enumerate(("iso2022_jp", "cp932", "euc_jp", "utf-8")):
            # 表 and ソ end in a backslash byte in Shift_JIS; ISO-2022-JP is full of specials.
            with self.subTest(codec=codec):
                mail = b"From: \"" + "ソニー表 田中".encode(codec) + b"\" <tanaka@example.jp>\r\n" + fields()
                recipient, reply = self.send(f"rawname{number}", TANAKA, mail)
                self.expect(reply, PASS)
                self.gateway.sink.wait_for(recipient)

    def test_reply_to_of_another_local_address_is_tagged(self):
        recipient, reply = self.send("replyto", TANAKA, fields("From: tanaka@example.jp", "Reply-To: ceo@example.jp"))
        self.expect(reply, PASS)
        arrived, = self.gateway.sink.wait_for(recipient)
        self.assertTrue(arrived.fields("X-Warifu")[0].startswith(b"tag; class=binding; "), arrived.head)

    def test_reply_to_elsewhere_is_nobody_s_business(self):
        recipient, _ = self.send("replyto-out", TANAKA, fields("From: tanaka@example.jp", "Reply-To: home@example.org"))
        arrived, = self.gateway.sink.wait_for(recipient)
        self.assertEqual(arrived.fields("X-Warifu"), [])

    # -- display ---------------------------------------------------------------------------------

    def test_display_name_with_another_local_address_is_tagged(self):
        recipient, reply = self.send("display", TANAKA, fields('From: "ceo@example.jp" <tanaka@example.jp>'))
        self.expect(reply, PASS)
        arrived, = self.gateway.sink.wait_for(recipient)
        self.assertTrue(arrived.fields("X-Warifu")[0].startswith(b"tag; class=binding; "), arrived.head)
        self.assertEqual(self.checks(recipient)["display"]["outcome"], "fail")

    # -- international addresses -----------------------------------------------------------------

    def test_idn_both_ways(self):
        for number, (sender, author) in enumerate((("taro@例え.jp", "taro@xn--r8jz45g.jp"),
                                                   ("taro@xn--r8jz45g.jp", "taro@例え.jp"))):
            with self.subTest(sender=sender):
                recipient, reply = self.send(f"idn{number}", sender, fields(f"From: {author}"))
                self.expect(reply, PASS)
                self.gateway.sink.wait_for(recipient)

    def test_smtputf8_local_part(self):
        recipient, reply = self.send("utf8", "田中@example.jp", fields("From: 田中@example.jp"))
        self.expect(reply, PASS)
        self.gateway.sink.wait_for(recipient)
        _, reply = self.send("utf8-other", "佐藤@example.jp", fields("From: 佐藤@example.jp"))
        self.assertEqual(reply.code, 553, reply)

    # -- the session's other corners -------------------------------------------------------------

    def test_starttls_and_a_second_ehlo_keep_the_rules(self):
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False
        with self.gateway.client(TANAKA, starttls=context) as client:
            self.assertEqual(client.send(SUZUKI, "x@example.net", b"").code, 553)
            client.smtp.ehlo()
            reply = client.send(TANAKA, "tls@example.net", fields("From: tanaka@example.jp"))
            self.assertEqual(reply.code, 250, reply)
        self.gateway.sink.wait_for("tls@example.net")

    def test_login_late_in_the_session_counts(self):
        with self.gateway.client(service="submission") as client:
            self.assertEqual(client.send(TANAKA, "x@example.net", b"").code, 530)
            client.log_in(TANAKA, gateway.PASSWORD)
            reply = client.send(TANAKA, "late@example.net", fields("From: tanaka@example.jp"))
            self.assertEqual(reply.code, 250, reply)

    def test_percent_in_an_address_survives_the_reply(self):
        recipient, reply = self.send("percent", "a%s%n%d@example.jp", fields("From: tanaka@example.jp"))
        self.assertEqual(reply.code, 553, reply)


class Directory(unittest.TestCase):
    """The table at start, and when it is broken at a reload."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, {}, users=[TANAKA], table="tanaka@example.jp tanaka@example.jp\n",
                                        patterns=rules.text())

    def answer(self, sender):
        return self.gateway.send(TANAKA, sender, "x@example.net", fields("From: tanaka@example.jp")).code

    def test_missing_table_keeps_the_old_one_and_says_so(self):
        warifu = self.gateway.warifu
        table = warifu.table.read_text()
        warifu.table.unlink()
        try:
            told = warifu.reload()
            self.assertEqual(told.returncode, 2, told)
            self.assertIn(str(warifu.table), told.stdout + told.stderr)
            self.assertEqual((self.answer(TANAKA), self.answer(SUZUKI)), (250, 553))
        finally:
            warifu.table.write_text(table)
        self.assertEqual(warifu.reload().returncode, 0)

    def test_reload_takes_a_new_owner_over(self):
        warifu = self.gateway.warifu
        self.assertEqual(self.answer("new@example.jp"), 553)
        warifu.table.write_text(warifu.table.read_text() + "new@example.jp tanaka@example.jp\n")
        told = warifu.reload()
        self.assertEqual(told.returncode, 0, told)
        self.assertEqual(self.answer("new@example.jp"), 250)

    def test_daemon_does_not_start_without_its_table(self):
        warifu = self.gateway.warifu
        table = warifu.table.read_text()
        warifu.table.unlink()
        try:
            with self.assertRaises(RuntimeError) as caught:
                warifu.spawn()
            self.assertIn(str(warifu.table), str(caught.exception))
        finally:
            warifu.table.write_text(table)
        self.assertEqual(self.answer(TANAKA), 250)


if __name__ == "__main__":
    live.main()
