#!/usr/bin/env python3
"""The leak of April 2000 in small: other members' rows in the signature, in every form of Japanese mail.

20 members from a seeded generator; the row on one line and folded after its fifth field as it was
published; four charsets, every transfer encoding that fits them, plain and with an HTML form.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, members  # noqa: E402

MEMBERS = members.generate(20)
PUBLISHED = ["1234567,jimukyoku,passpass,5/23/1998 10:00:00,3/20/2000 9:00:00,",
             "フリーメール事務局,goo goo,,,ただ今休暇中です。,0,3"]
OFFICE = f"jimukyoku@{members.DOMAIN}"
TABLE = "".join(f"{m.account} {m.login}\n" for m in MEMBERS) + f"{OFFICE} jimukyoku\n"
FORMS = [(charset, encoding, folded, as_html)
         for charset, encodings in (("ISO-2022-JP", ("7bit", "base64", "quoted-printable")),
                                    ("Shift_JIS", ("8bit", "base64", "quoted-printable")),
                                    ("EUC-JP", ("8bit", "base64", "quoted-printable")),
                                    ("UTF-8", ("8bit", "base64", "quoted-printable")))
         for encoding in encodings for folded in (False, True) for as_html in (False, True)]
SOME_FORMS = FORMS[::5]  # meets every charset, transfer encoding, fold and HTML form
BODY = ["お世話になっております。", "先日の件、表にまとめましたのでご確認ください。", "", "よろしくお願いいたします。"]
RULE = "freemail-member-row"
SECRETS = [m.password for m in MEMBERS]
SETTINGS = {"domains": [members.DOMAIN], "account.realm": "strip"}


def build(sender: members.Member, rows: list[str], recipient: str, form, number: int) -> mails.Mail:
    charset, encoding, _, as_html = form
    return mails.Mail(sender.account, recipient, BODY, [sender.name, *rows], charset=charset, encoding=encoding,
                      html=as_html, separator=mails.SEPARATORS[number % len(mails.SEPARATORS)])


def leak(number: int, recipient: str, form) -> tuple[mails.Mail, members.Member]:
    """Mail of one member with the row of another in its signature."""
    sender, victim = MEMBERS[number % 20], MEMBERS[(number + 7) % 20]
    return build(sender, victim.folded_row if form[2] else [victim.row], recipient, form, number), victim


def body_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[2]


class Replay(unittest.TestCase):
    KIND = gateway.Gateway  # sendmail_test.py asks the same of Sendmail
    action = "strip"

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, SETTINGS, users=[m.account for m in MEMBERS], table=TABLE,
                                        actions={RULE: cls.action}, secrets=SECRETS, kind=cls.KIND)

    def send(self, message: mails.Mail):
        return self.gateway.send(message.sender, message.sender, message.to, message.raw())

    def found(self, message: mails.Mail, victim: str) -> dict:
        """The event, after a look at its one finding: rule, region, owner, and no secret in it."""
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual({f["rule"] for f in event["findings"]}, {RULE}, event)
        for finding in event["findings"]:
            self.assertEqual((finding["region"], finding["owner"], finding["ownership"]),
                             ("signature", victim, "stranger"), finding)
        return event


class Stripped(Replay):
    forms = FORMS

    def test_every_form_is_found_and_cut(self):
        for number, form in enumerate(self.forms):
            with self.subTest(form=form):
                message, victim = leak(number, f"strip{number}@example.net", form)
                reply = self.send(message)
                self.assertEqual(reply.code, 250, reply)
                event = self.found(message, victim.login)
                self.assertEqual(event["action"], "strip", event["reasons"])
                arrived, = self.gateway.sink.wait_for(message.to)
                self.compare(message, arrived, victim)

    def compare(self, message, arrived, victim):
        """Outside of the signature, what arrived is what was sent."""
        sent_head = message.raw().partition(b"\r\n\r\n")[0].split(b"\r\n")
        self.assertEqual([line for line in sent_head if line not in arrived.head.split(b"\r\n")], [])
        shown = mails.texts(arrived.raw)
        self.assertEqual(set(shown), {"text/plain", "text/html"} if message.html else {"text/plain"})
        self.assertEqual(shown["text/plain"].rstrip("\n"), "\n".join(BODY))
        for text in shown.values():
            for lost in (victim.password, victim.login, victim.row_tail, message.signature[0]):
                self.assertNotIn(lost, text)
        if message.html:
            before, _, after = message.markup().replace("\r\n", "\n").partition('<div class="moz-signature">')
            self.assertTrue(shown["text/html"].startswith(before.rstrip()), shown["text/html"])
            self.assertEqual(shown["text/html"][len(before.rstrip()):].split(), after.partition("</div>")[2].split())
        elif message.encoding in ("7bit", "8bit"):
            kept = "".join(line + "\r\n" for line in BODY).encode(mails.CODECS[message.charset])
            self.assertTrue(arrived.body.startswith(kept), arrived.body)
        self.assertIn(b"\r\nContent-Transfer-Encoding: " + message.encoding.encode(), arrived.raw)

    def test_the_row_as_published(self):
        rows = ["1234567,jimukyoku,passpass,5/23/1998 10:00:00,3/20/2000 9:00:00,",
                "フリーメール事務局,goo goo,,,ただ今休暇中です。,0,3"]
        for number, lines in enumerate((rows, ["".join(rows)])):
            message = mails.Mail(MEMBERS[1].account, f"published{number}@example.net", BODY, ["鈴木基久", *lines])
            self.assertEqual(self.send(message).code, 250)
            self.assertEqual(self.found(message, "jimukyoku")["action"], "strip")
            arrived, = self.gateway.sink.wait_for(message.to)
            self.assertEqual(mails.texts(arrived.raw)["text/plain"].rstrip("\n"), "\n".join(BODY))

    def test_several_rows_are_each_named(self):
        victims = MEMBERS[3:9]
        message = build(MEMBERS[0], [v.row for v in victims], "several@example.net", FORMS[0], 0)
        self.assertEqual(self.send(message).code, 250)
        event = self.gateway.warifu.event_for(message.to)
        self.assertEqual([f["owner"] for f in event["findings"]], [v.login for v in victims])
        self.gateway.sink.wait_for(message.to)

    def test_ones_own_row_is_not_somebody_else_s(self):
        for number, form in enumerate(SOME_FORMS):
            with self.subTest(form=form):
                sender = MEMBERS[number % 20]
                rows = sender.folded_row if form[2] else [sender.row]
                message = build(sender, rows, f"own{number}@example.net", form, number)
                self.assertEqual(self.send(message).code, 250)
                arrived, = self.gateway.sink.wait_for(message.to)
                event = self.gateway.warifu.event_for(message.to)
                self.assertEqual(event["action"], "tag")
                self.assertEqual({(f["owner"], f["ownership"]) for f in event["findings"]},
                                 {(sender.login, "self-disclosure")})
                self.assertEqual(arrived.body, body_of(message.raw()))

    def test_ones_own_row_to_oneself_is_no_leak(self):
        sender = MEMBERS[4]
        message = build(sender, [sender.row], sender.account, FORMS[0], 0)
        self.assertEqual(self.send(message).code, 250)
        arrived, = self.gateway.sink.wait_for(message.to)
        self.assertEqual(arrived.fields("X-Warifu"), [])
        self.assertEqual(arrived.body, body_of(message.raw()))

    def test_innocent_mail_passes_byte_for_byte(self):
        for number, form in enumerate(FORMS):
            sender = MEMBERS[number % 20]
            message = build(sender, ["フリーメール事務局", "電話 03-1234-5678"], f"innocent{number}@example.net", form, number)
            with self.subTest(form=form):
                self.assertEqual(self.send(message).code, 250)
                arrived, = self.gateway.sink.wait_for(message.to)
                self.assertEqual(arrived.body, body_of(message.raw()))
                self.assertEqual(arrived.fields("X-Warifu"), [])


class Held(Replay):
    action = "hold"

    def test_held_whole_then_released(self):
        for number, form in enumerate(SOME_FORMS):
            with self.subTest(form=form):
                message, victim = leak(number, f"hold{number}@example.net", form)
                self.assertEqual(self.send(message).code, 250)
                event = self.found(message, victim.login)
                self.assertEqual(event["action"], "hold")
                self.assertIn(event["queue_id"], [held["queue_id"] for held in self.gateway.postfix.held()])
                self.assertEqual(self.gateway.sink.to(message.to), [])
        self.assertEqual(len(self.gateway.postfix.held()), len(SOME_FORMS))
        self.gateway.postfix.release(event["queue_id"])
        arrived, = self.gateway.sink.wait_for(message.to)
        self.assertEqual(arrived.body, body_of(message.raw()))


class Refused(Replay):
    action = "reject"

    def test_refused_and_nothing_left_behind(self):
        for number, form in enumerate(SOME_FORMS):
            with self.subTest(form=form):
                message, victim = leak(number, f"reject{number}@example.net", form)
                reply = self.send(message)
                self.assertEqual((reply.stage, reply.code, reply.enhanced), ("end", 550, "5.7.1"), reply)
                event = self.found(message, victim.login)
                self.assertIn(event["reference"], reply.text)
        self.assertEqual(self.gateway.postfix.queued(), [])
        self.assertEqual(self.gateway.sink.mails(), [])


if __name__ == "__main__":
    live.main()
