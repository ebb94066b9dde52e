#!/usr/bin/env python3
"""Every action, as Postfix carries it out: accept, tag, strip, redact, hold, defer, reject; and observe."""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, rules  # noqa: E402

TANAKA = "tanaka@example.jp"
TABLE = "tanaka@example.jp tanaka@example.jp\n"
SECRETS = [rules.marker(action, number) for action in rules.ACTIONS for number in range(10)]


def mail(recipient, body, signature=(), **more) -> mails.Mail:
    return mails.Mail(TANAKA, recipient, ["お世話になっております。", *body], list(signature), **more)


class Actions(unittest.TestCase):
    KIND = gateway.Gateway  # sendmail_test.py asks the same of Sendmail

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, {}, users=[TANAKA], table=TABLE, patterns=rules.text(),
                                        secrets=SECRETS, kind=cls.KIND)

    def send(self, message: mails.Mail, **more):
        return self.gateway.send(TANAKA, TANAKA, message.to, message.raw(), **more)

    def test_innocent_mail_passes_untouched(self):
        for number, (charset, encoding) in enumerate((("ISO-2022-JP", "7bit"), ("Shift_JIS", "8bit"),
                                                      ("EUC-JP", "base64"), ("UTF-8", "quoted-printable"))):
            with self.subTest(charset=charset, encoding=encoding):
                message = mail(f"innocent{number}@example.net", ["表の一覧です。"], ["田中"], charset=charset,
                               encoding=encoding, html=number % 2 == 1)
                reply = self.send(message)
                self.assertEqual(reply.code, 250, reply)
                arrived, = self.gateway.sink.wait_for(message.to)
                self.assertEqual(arrived.body, message.raw().partition(b"\r\n\r\n")[2])
                self.assertEqual(arrived.fields("X-Warifu"), [])
                event = self.gateway.warifu.event_for(message.to)
                self.assertEqual((event["action"], event["would"], event["findings"]), ("accept", "accept", []))
                self.assertEqual(event["account"], TANAKA)
                self.assertEqual(event["queue_id"], self.queue_id(arrived))

    def queue_id(self, arrived) -> str:
        return re.search(rb"with \S+ id (\w+)", arrived.raw)[1].decode()

    def test_tag_adds_one_field_and_nothing_else(self):
        message = mail("tag@example.net", [f"合言葉 {rules.marker('tag')}"])
        self.assertEqual(self.send(message).code, 250)
        arrived, = self.gateway.sink.wait_for(message.to)
        event = self.gateway.warifu.event_for(message.to)
        field, = arrived.fields("X-Warifu")
        self.assertEqual(field.decode(), f"tag; class=content; reference={event['reference']}")
        self.assertEqual(arrived.body, message.raw().partition(b"\r\n\r\n")[2])
        finding, = event["findings"]
        self.assertEqual((finding["rule"], finding["region"]), ("live-tag", "body"))

    def test_forged_field_is_removed(self):
        message = mail("forged@example.net", ["本文"], extra=["X-Warifu: tag; class=none; reference=forged"])
        self.assertEqual(self.send(message).code, 250)
        arrived, = self.gateway.sink.wait_for(message.to)
        self.assertEqual(arrived.fields("X-Warifu"), [])

    def test_strip_cuts_the_signature_and_keeps_the_rest(self):
        for number, as_html in enumerate((False, True)):
            with self.subTest(html=as_html):
                message = mail(f"strip{number}@example.net", ["本文です。"], ["田中", rules.marker("strip", number)],
                               html=as_html)
                self.assertEqual(self.send(message).code, 250)
                arrived, = self.gateway.sink.wait_for(message.to)
                self.assertNotIn(b"live-strip", arrived.raw)
                shown = mails.texts(arrived.raw)
                self.assertEqual(set(shown), {"text/plain", "text/html"} if as_html else {"text/plain"})
                for text in shown.values():
                    self.assertIn("お世話になっております。", text)
                    self.assertIn("本文です。", text)
                self.assertTrue(arrived.fields("X-Warifu")[0].startswith(b"strip; class=content; "))
                self.assertEqual(self.gateway.warifu.event_for(message.to)["action"], "strip")

    def test_strip_of_what_is_not_the_last_region_holds_instead(self):
        message = mail("nostrip@example.net", [f"本文の中に {rules.marker('strip', 5)} があります。"], ["田中"],
                       extra=["DKIM-Signature: v=1; a=rsa-sha256; d=example.jp; s=x; h=from; bh=x; b=x"])
        self.assertEqual(self.send(message).code, 250)
        self.assertEqual(self.gateway.warifu.event_for(message.to)["action"], "hold")
        self.assertEqual(self.gateway.sink.to(message.to), [])

    def test_redact_masks_the_value_and_changes_no_other_byte(self):
        for number, (charset, encoding, as_html) in enumerate((
                ("ISO-2022-JP", "7bit", False), ("ISO-2022-JP", "7bit", True), ("Shift_JIS", "8bit", True),
                ("EUC-JP", "base64", True), ("UTF-8", "quoted-printable", True), ("UTF-8", "base64", False))):
            with self.subTest(charset=charset, encoding=encoding, html=as_html):
                secret = rules.marker("redact", number)

                def build(value):
                    return mail(f"redact{number}@example.net", [f"合言葉は {value} です。"], ["田中"], charset=charset,
                                encoding=encoding, html=as_html, extra=[f"X-Memo: see {value}", "X-Memo: none"])
                message, wanted = build(secret), build("*" * len(secret)).raw()
                self.assertEqual(self.send(message).code, 250)
                arrived, = self.gateway.sink.wait_for(message.to)
                self.assertEqual(arrived.body, self.masked(message.raw(), secret, wanted, encoding))
                self.assertEqual(arrived.fields("X-Memo"), [b"see " + b"*" * len(secret), b"none"])
                self.assertTrue(arrived.fields("X-Warifu")[0].startswith(b"redact; class=content; "))
                event = self.gateway.warifu.event_for(message.to)
                self.assertEqual(event["action"], "redact")

    def masked(self, raw: bytes, secret: str, wanted: bytes, encoding: str) -> bytes:
        """The body as it must arrive. Python breaks quoted-printable lines by its own count, which a mask
        does not move: there the bytes of the value are replaced in the body that was sent."""
        if encoding == "quoted-printable":
            wanted = re.sub(re.sub(".", r"\g<0>(=\r\n)?", secret).encode(),
                            lambda found: re.sub(rb"[-0-9a-z]", b"*", found[0]), raw)
        return wanted.partition(b"\r\n\r\n")[2]

    def test_redact_of_signed_mail_holds_instead_and_says_why(self):
        message = mail("noredact@example.net", [rules.marker("redact", 7)],
                       extra=["DKIM-Signature: v=1; a=rsa-sha256; d=example.jp; s=x; h=from; bh=x; b=x"])
        self.assertEqual(self.send(message).code, 250)
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual((event["action"], event["findings"][0]["why_not"]), ("hold", "the mail is signed"))
        self.assertEqual(self.gateway.sink.to(message.to), [])

    def test_hold_parks_the_mail_until_it_is_released(self):
        message = mail("hold@example.net", [rules.marker("hold")])
        self.assertEqual(self.send(message).code, 250)
        held, = [m for m in self.gateway.mta.held() if m["recipients"][0]["address"] == message.to]
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual((event["action"], event["queue_id"]), ("hold", held["queue_id"]))
        self.assertEqual(self.gateway.sink.to(message.to), [])
        self.gateway.mta.release(held["queue_id"])
        arrived, = self.gateway.sink.wait_for(message.to)
        self.assertEqual(arrived.body, message.raw().partition(b"\r\n\r\n")[2])

    def test_defer_leaves_the_mail_with_the_client(self):
        message = mail("defer@example.net", [rules.marker("defer")])
        reply = self.send(message)
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual((reply.stage, reply.code, reply.enhanced), ("end", 451, "4.7.1"))
        self.assertIn(event["reference"], reply.text)
        self.nothing_left_behind(message.to)

    def test_reject_refuses_with_a_reference_and_no_reason(self):
        message = mail("reject@example.net", [rules.marker("reject")])
        reply = self.send(message)
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual((reply.stage, reply.code, reply.enhanced), ("end", 550, "5.7.1"))
        self.assertIn(event["reference"], reply.text)
        self.assertNotIn("live-reject", reply.text)
        self.nothing_left_behind(message.to)

    def nothing_left_behind(self, recipient):
        self.assertEqual(self.gateway.sink.to(recipient), [])
        self.assertEqual([m for m in self.gateway.mta.queued()
                          if recipient in str(m["recipients"])], [])

    def test_observe_rule_only_says_would(self):
        message = mail("observe@example.net", [rules.marker("observe")])
        self.assertEqual(self.send(message).code, 250)
        arrived, = self.gateway.sink.wait_for(message.to)
        self.assertEqual(arrived.fields("X-Warifu"), [])
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual(event["action"], "accept")
        self.assertEqual([f["rule"] for f in event["findings"]], ["live-observe"])

    def test_greatest_action_wins(self):
        message = mail("many@example.net", [rules.marker("tag", 1), rules.marker("reject", 1), rules.marker("hold", 1)])
        self.assertEqual(self.send(message).code, 550)

    def test_several_mails_a_connection_are_judged_each_by_itself(self):
        with self.gateway.client(TANAKA) as client:
            wanted = []
            for number, action in enumerate(("tag", "reject", "none", "hold", "defer", "none", "tag")):
                body = [rules.marker(action, number)] if action != "none" else ["何もありません。"]
                message = mail(f"several{number}@example.net", body)
                reply = client.send(TANAKA, message.to, message.raw())
                wanted.append({"reject": 550, "defer": 451}.get(action, 250))
                self.assertEqual(reply.code, wanted[-1], f"{number} {action}: {reply}")
            for number, tagged in ((0, True), (2, False), (5, False), (6, True)):
                arrived, = self.gateway.sink.wait_for(f"several{number}@example.net")
                self.assertEqual(bool(arrived.fields("X-Warifu")), tagged, number)

    def test_rset_forgets_the_mail(self):
        with self.gateway.client(TANAKA) as client:
            client.command("mail", f"MAIL FROM:<{TANAKA}>")
            client.command("rcpt", "RCPT TO:<forgotten@example.net>")
            self.assertEqual(client.reset().code, 250)
            message = mail("after-rset@example.net", ["本文"])
            self.assertEqual(client.send(TANAKA, message.to, message.raw()).code, 250)
        self.gateway.sink.wait_for(message.to)
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual(event["recipients"], [message.to])

    def test_inbound_mail_is_not_scanned_by_default(self):
        message = mail("tanaka@example.jp", [rules.marker("reject", 2)])
        reply = self.gateway.send("", "stranger@example.org", message.to, message.raw())
        self.assertEqual(reply.code, 250, reply)
        self.gateway.sink.wait_for(message.to)

    def test_probe_that_only_connects_does_no_harm(self):
        for _ in range(20):
            self.gateway.client(service="submission").close()
        message = mail("after-probe@example.net", ["本文"])
        self.assertEqual(self.send(message).code, 250)


class Observe(unittest.TestCase):
    """The mode of a new installation: everything passes, the event says what would have been done."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, {"mode": "observe"}, users=[TANAKA], table=TABLE,
                                        patterns=rules.text(), secrets=SECRETS)

    def test_nothing_is_refused_held_or_changed(self):
        for number, action in enumerate(("tag", "strip", "redact", "hold", "defer", "reject"), 6):
            with self.subTest(action=action):
                message = mail(f"{action}@example.net", ["本文"], ["田中", rules.marker(action, number % 10)])
                self.assertEqual(self.gateway.send(TANAKA, TANAKA, message.to, message.raw()).code, 250)
                arrived, = self.gateway.sink.wait_for(message.to)
                self.assertEqual(arrived.body, message.raw().partition(b"\r\n\r\n")[2])
                self.assertEqual(arrived.fields("X-Warifu"), [])
                event = self.gateway.warifu.event_for(message.to)
                self.assertEqual((event["action"], event["would"]), ("accept", action))

    def test_forged_sender_passes_and_would_be_refused(self):
        message = mail("forged@example.net", ["本文"], from_field="From: ceo@example.jp")
        self.assertEqual(self.gateway.send(TANAKA, "ceo@example.jp", message.to, message.raw()).code, 250)
        self.gateway.sink.wait_for(message.to)
        self.assertEqual(self.gateway.warifu.event_for(message.to)["would"], "reject")


if __name__ == "__main__":
    live.main()
