#!/usr/bin/env python3
"""Sendmail in the place of Postfix: the same actions and checks, asked of the same daemon by another
MTA; and what is its own: logins in xtext, certificates that nobody verified, no SMTPUTF8."""
import hashlib
import pathlib
import ssl
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import actions_test  # noqa: E402
import binding_test  # noqa: E402
import identity_test  # noqa: E402
from binding_test import MALFORMED, PASS, TANAKA, fields  # noqa: E402
from harness import gateway, live, rules, scratch  # noqa: E402
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
            + ["define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')"])

    def sends(self, sender: str, login: str = "", **more) -> tuple[str, int]:
        reply = self.gateway.send(login, sender, self.OUT, fields(f"From: {sender}"), service="submission", **more)
        return reply.stage, reply.code

    def test_login_with_signs_is_the_account_that_it_is_elsewhere(self):
        for login, address in self.LOGINS.items():
            with self.subTest(login=login):
                self.assertEqual(self.sends(address, login), ("end", 250))
                self.assertEqual(self.gateway.warifu.event_for(self.OUT)["account"], login)
                self.assertEqual(self.sends("scanner@example.jp", login), ("mail", 553))

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


if __name__ == "__main__":
    live.main(side_by_side=True)
