#!/usr/bin/env python3
"""Sendmail in the place of Postfix: the same actions and checks, asked of the same daemon by another
MTA; and what is its own: logins in xtext, certificates that nobody verified, no SMTPUTF8."""
import hashlib
import json
import pathlib
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import actions_test  # noqa: E402
import binding_test  # noqa: E402
import identity_test  # noqa: E402
import life_test  # noqa: E402
import members_test  # noqa: E402
import ownership_test  # noqa: E402
from binding_test import MALFORMED, PASS, TANAKA, fields  # noqa: E402
from harness import gateway, live, mails, rules, scratch  # noqa: E402
from harness.sendmail_gateway import SendmailGateway  # noqa: E402


def tls(certificate, key, ca) -> list[str]:
    """Lines of sendmail.mc."""
    return [f"define(`conf{name}', `{path}')" for name, path in (
        ("SERVER_CERT", certificate), ("SERVER_KEY", key), ("CACERT", ca), ("CACERT_PATH", ca.parent))]


class Actions(actions_test.Actions):
    KIND = SendmailGateway


class Binding(binding_test.Binding):
    KIND = SendmailGateway
    # A milter sees the head as it came: Postfix has taken the route out of the address by then, and
    # has added the From that is missing, from the envelope. Both MTAs refuse what a stranger wrote.
    AUTHORS = {**binding_test.AUTHORS,
               "route address": (binding_test.AUTHORS["route address"][0], MALFORMED),
               "no From at all is Postfix's to add": (["X-Test: 1"], MALFORMED)}

    @classmethod
    def tls(cls) -> dict:
        return {"sendmail": tls(cls.certificate, cls.key, cls.certificate)}

    def test_idn_both_ways(self):
        for number, author in enumerate(("taro@xn--r8jz45g.jp", "taro@例え.jp")):
            recipient, reply = self.send(f"idn{number}", "taro@xn--r8jz45g.jp", fields(f"From: {author}"))
            self.expect(reply, PASS)
            self.gateway.sink.wait_for(recipient)

    def test_smtputf8_local_part(self):
        """Debian's Sendmail is built without SMTPUTF8, and refuses by itself."""
        for sender in ("田中@example.jp", "taro@例え.jp"):
            _, reply = self.send("utf8", sender, fields(f"From: {TANAKA}"))
            self.assertEqual((reply.stage, reply.code), ("mail", 501), reply)


class Members(members_test.Stripped):
    KIND = SendmailGateway
    forms = members_test.SOME_FORMS


class Ownership(ownership_test.Ownership):
    KIND = SendmailGateway
    test_local_submission_is_never_answered_at_rcpt = None  # Sendmail's comes by SMTP: class Local


class Life(life_test.Life):
    KIND = SendmailGateway


class Local(unittest.TestCase):
    """Mail of sendmail(1) on the gateway itself: an SMTP client on loopback without a login."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(
            cls, {"trusted_networks": ["127.0.0.0/8"], "domains": ["example.jp", "mx.example.jp"]}, users=[TANAKA],
            table=f"{TANAKA} {TANAKA}\n", patterns=rules.text(), kind=SendmailGateway)
        cls.mta, cls.sink, cls.warifu = cls.gateway.mta, cls.gateway.sink, cls.gateway.warifu

    def submit(self, recipient: str, body: str = "hello", author: str = "cron@example.jp"):
        self.mta.submit(f"From: {author}\nTo: {recipient}\nSubject: local\n\n{body}\n", "-t")

    def test_it_is_scanned_and_its_author_is_whoever_it_says(self):
        self.submit("clean@example.net", author=TANAKA)
        arrived, = self.sink.wait_for("clean@example.net")
        self.assertEqual(arrived.sender, "daemon@mx.example.jp")
        event = self.warifu.event_for("clean@example.net")
        self.assertEqual([event[key] for key in ("listener", "direction", "account", "client_address", "authors")],
                         ["mx", "outbound", "", "127.0.0.1", [TANAKA]])
        self.submit("tagged@example.net", rules.marker("tag"))
        arrived, = self.sink.wait_for("tagged@example.net")
        self.assertEqual(len(arrived.fields("X-Warifu")), 1)

    def test_what_is_refused_comes_back_and_the_bounce_is_held_since_it_holds_the_mail(self):
        self.submit("refused@example.net", rules.marker("reject"))
        self.assertEqual(self.warifu.event_for("refused@example.net")["action"], "reject")
        bounce = self.warifu.event_for("daemon@mx.example.jp")
        self.assertEqual((bounce["sender"], bounce["direction"]), ("", "internal"))
        self.assertEqual(bounce["action"], "hold", bounce)
        self.assertIn(bounce["queue_id"], {mail["queue_id"] for mail in self.mta.held()})
        self.assertEqual(self.sink.to("refused@example.net"), [])

    def test_what_is_deferred_stays_in_the_client_queue(self):
        self.submit("deferred@example.net", rules.marker("defer"))
        event = self.warifu.event_for("deferred@example.net")
        self.assertEqual(event["action"], "defer")
        scratch.wait_until(lambda: any(event["reference"] in said for said in self.mta.client_queue()), 10, "the deferral")
        self.assertEqual(self.sink.to("deferred@example.net"), [])

    def test_what_root_puts_into_the_queue_of_the_mta_no_filter_sees(self):
        """Sendmail asks filters in its SMTP server alone; the manual says so."""
        self.mta.submit_as_root(f"From: cron@example.jp\nSubject: local\n\n{rules.marker('reject')}\n", "unseen@example.net")
        self.sink.wait_for("unseen@example.net")
        self.assertFalse([event for event in self.warifu.events() if "unseen@example.net" in event["recipients"]])


class Identity(unittest.TestCase):
    """Who is behind a session, where Sendmail's macros differ."""
    LOGINS = {"tanaka+mx@example.jp": "plus@example.jp", "a=b(c)@example.jp": "signs@example.jp", "田中@example.jp": "kanji@example.jp"}
    OUT = "customer@example.net"

    @classmethod
    def setUpClass(cls):
        live.require_root()
        own = scratch.Scratch("warifu-sendmail-tls-")
        cls.addClassCleanup(own.remove)
        cls.folder = own.folder("shared")
        cls.authority = identity_test.Authority(cls.folder / "ca", "Example CA")
        cls.authority.client("mx.example.jp")
        table = cls.folder / "certificates"
        home = identity_test.Authority(cls.folder / "home", "Example CA")
        cls.forged, cls.copier = (home.client(name) for name in ("Scanner, third floor", "copier"))
        digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert((home.folder / "copier.pem").read_text())).hexdigest()
        table.write_text('"/CN=Scanner, third floor" "/CN=Example CA" scanner@example.jp\n'
                         f"fingerprint:{digits} plain@example.jp\n")
        ca = cls.authority.folder
        accounts = {**cls.LOGINS, "scanner@example.jp": "scanner@example.jp", "plain@example.jp": "plain@example.jp"}
        cls.gateway = gateway.for_class(
            cls, {"certificate.table": str(table)}, users=cls.LOGINS, patterns=rules.text(), kind=SendmailGateway,
            table="".join(f"{address} {account}\n" for account, address in accounts.items()),
            sendmail=tls(ca / "mx.example.jp.pem", ca / "mx.example.jp.key", cls.authority.certificate)
            + ["define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')", "LOCAL_DOMAIN(`example.jp users.example.jp')"])

    def sends(self, sender: str, login: str = "", **more) -> tuple[str, int]:
        reply = self.gateway.send(login, sender, self.OUT, fields(f"From: {sender}"), service="submission", **more)
        return reply.stage, reply.code

    def test_login_with_signs_is_the_account_that_it_is_elsewhere(self):
        for login, address in self.LOGINS.items():
            with self.subTest(login=login):
                self.assertEqual(self.sends(address, login), ("end", 250))
                self.assertEqual(self.gateway.warifu.event_for(self.OUT)["account"], login)
                self.assertEqual(self.sends("scanner@example.jp", login), ("mail", 553))

    def test_address_by_way_of_another_is_nobodys(self):
        """Sendmail delivers it as mail of plus+ceo@users.example.jp."""
        login, own, route = "tanaka+mx@example.jp", "plus@example.jp", "plus+ceo%users.example.jp@example.jp"
        self.assertEqual(self.sends(route, login), ("mail", 553))
        for head in ([f"From: {route}"], [f"From: {own}", f"Sender: {route}"]):
            reply = self.gateway.send(login, own, "route@example.net", fields(*head))
            self.assertEqual((reply.stage, reply.code), ("end", 550), reply)
        self.assertEqual(self.gateway.sink.to("route@example.net"), [])

    def test_certificate_counts_when_sendmail_has_verified_it(self):
        scanner = self.authority.client("Scanner, third floor")
        self.assertEqual(self.sends("scanner@example.jp", starttls=scanner), ("end", 250))
        self.assertEqual(self.sends("plus@example.jp", starttls=scanner), ("mail", 553))
        self.assertEqual(self.sends("scanner@example.jp", starttls=self.authority.client("somebody")), ("mail", 530))

    def test_certificate_of_that_name_made_at_home_is_nobodys(self):
        self.assertEqual(self.sends("scanner@example.jp", starttls=self.forged), ("mail", 530))

    def test_fingerprint_needs_no_authority(self):
        self.assertEqual(self.sends("plain@example.jp", starttls=self.copier), ("end", 250))
        self.assertEqual(self.sends("scanner@example.jp", starttls=self.copier), ("mail", 553))


class Quarantine(unittest.TestCase):
    """Held mail is found and let go, as an administrator does it."""
    WHY = "本人に電話で確認した"

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, {}, users=[TANAKA], table=f"{TANAKA} {TANAKA}\n", patterns=rules.text(),
                                        kind=SendmailGateway)
        cls.warifu, cls.mta = cls.gateway.warifu, cls.gateway.mta

    def tool(self, *words, status: int = 0) -> str:
        """As root, with no other MTA than Sendmail on its path."""
        env = self.mta.environment()
        env["PATH"] = f"{self.mta.program.parent}:/usr/bin:/bin"
        done = subprocess.run([self.warifu.programs / "warifu", *map(str, words), "--config", self.warifu.config],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, env=env)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def release(self, *words, status: int = 0) -> str:
        return self.tool("incident", "release", *words, "--sendmail", self.mta.config / "sendmail.cf", status=status)

    def rows(self, *words) -> list[dict]:
        return [json.loads(line) for line in self.tool("incident", *words, "--format", "json").splitlines()]

    def hold(self, *recipients: str, sender: str = TANAKA) -> dict:
        """The incident of a mail that a rule has held."""
        message = mails.Mail(TANAKA, recipients[0], [f"合言葉 {rules.marker('hold')}"])
        self.assertEqual(self.gateway.send(TANAKA, sender, list(recipients), message.raw()).code, 250)
        incident, = self.rows("show", recipients[0])
        self.assertEqual((incident["action"], incident["state"]), ("hold", "open"), incident)
        return incident

    def test_held_mail_is_found_by_any_name_released_and_not_held_again(self):
        first = self.hold("first@example.net", "second@example.net")
        second = self.hold("receipt@example.net", sender="")
        held = {mail["queue_id"]: mail["reason"] for mail in self.mta.held()}
        for incident in (first, second):
            self.assertEqual(held[incident["queue_id"]], f"warifu {incident['reference']}")
        events = len(self.warifu.events())
        for name, recipients in ((first["queue_id"], ("first@example.net", "second@example.net")),
                                 (second["reference"], ("receipt@example.net",))):
            self.assertIn("released", self.release(name, "--why", self.WHY))
            for recipient in recipients:
                arrived, = self.gateway.sink.wait_for(recipient)
                self.assertIn(b"X-Warifu: hold", arrived.head)
        self.assertEqual(len(self.warifu.events()), events, "no filter saw the mail again")
        settled = self.rows("show", first["reference"])[0]["settled"]
        self.assertEqual((settled["who"], settled["why"]), ("uid 0 (root)", self.WHY))
        self.assertIn("released already", self.release(first["reference"], status=1))

    def test_mail_that_is_gone_is_said_and_others_stay(self):
        gone, stays = self.hold("gone@example.net"), self.hold("stays@example.net")
        shown = self.tool("incident", "show", gone["reference"])
        self.assertIn(f"'[dh]f{gone['queue_id']}' -delete", shown)
        for path in self.mta.queue.glob(f"[dh]f{gone['queue_id']}"):
            path.unlink()
        self.assertIn("no longer in this machine's queue", self.release(gone["reference"], status=1))
        self.assertIn(stays["queue_id"], {mail["queue_id"] for mail in self.mta.held()})

    def test_mail_that_waits_is_not_held(self):
        incident = self.hold("waits@example.net")
        self.gateway.sink.not_now = lambda recipient: recipient == "waits@example.net"
        self.addCleanup(setattr, self.gateway.sink, "not_now", lambda recipient: False)
        self.assertIn("released", self.release(incident["reference"]))
        self.assertEqual([mail["queue_name"] for mail in self.mta.queued() if mail["queue_id"] == incident["queue_id"]], ["queue"])
        self.assertEqual(self.gateway.sink.to("waits@example.net"), [])

    def test_a_user_may_not(self):
        incident = self.hold("user@example.net")
        done = subprocess.run([self.warifu.programs / "warifu", "incident", "release", incident["reference"], "--sendmail",
                               self.mta.config / "sendmail.cf", "--config", self.warifu.config], capture_output=True, text=True,
                              env={**self.mta.environment(), "PATH": f"{self.mta.program.parent}:/usr/bin:/bin"},
                              user=self.warifu.uid, group=self.warifu.gid, extra_groups=[self.warifu.group])
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("ermission denied", done.stderr)
        self.assertIn(incident["queue_id"], {mail["queue_id"] for mail in self.mta.held()})


if __name__ == "__main__":
    live.main(side_by_side=True)
