#!/usr/bin/env python3
"""Ordinary life must not hurt: lawful situations, each of which passes with everything enforced.

The directory is an SQLite file that changes as a real one does; the store is a real one. A
situation passes when every recipient it names gets the mail, as the sink filed it.
"""
import dataclasses
import email.header
import pathlib
import subprocess
import sys
import time
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, owners, postfix, scratch  # noqa: E402

OWNERS = {
    "tanaka@example.jp": ["tanaka"], "suzuki@example.jp": ["suzuki"], "sato@example.jp": ["sato"],
    "ceo@example.jp": ["ceo"], "info@example.jp": ["tanaka", "suzuki"], "tickets@example.jp": ["tickets"],
    "lists@example.jp": ["lists"], "printer@example.jp": ["printer"], "shop@example.jp": ["shop"],
    "田中@example.jp": ["tanaka"], "taro@xn--r8jz45g.jp": ["tanaka"], "@catch.example.jp": ["catch"],
    "leaver@example.jp": ["leaver"], "mover@example.jp": ["mover"], "married@example.jp": ["hanako"],
    "disputed@example.jp": ["somebody"], "recycled@example.jp": ["student"],
}
USERS = ["tanaka", "suzuki", "sato", "ceo", "tickets", "lists", "newcomer", "heir", "mover2", "kato"]
ALIASES = {
    "sales@example.jp": ["tanaka@example.jp", "suzuki@example.jp"],
    "all@lists.example.jp": ["tanaka@example.jp", "suzuki@example.jp", "sato@example.jp"],
    "postmaster@example.jp": ["sato@example.jp"], "abuse@example.jp": ["sato@example.jp"],
    "root@example.jp": ["sato@example.jp"], "press@example.jp": ["agency@example.net"],
}
FORWARDER = "127.0.0.9"  # an address of a university that forwards mail of its graduates
COOL_OFF = 2             # seconds; 180 days where nothing else is set
DEVICE = "127.0.0.8"     # a printer that cannot log in


@dataclasses.dataclass
class Mail:
    """One situation. `login` "" is a mail from another MTA."""
    login: str
    sender: str
    to: list[str]
    fields: list[str] = dataclasses.field(default_factory=list)
    body: str = "本文です。\r\n"
    arrives: list[str] | None = None  # where it does: `to` with aliases followed
    source: str = ""                  # the client's address

    def raw(self, subject: str) -> bytes:
        fields = list(self.fields)
        names = {field.split(":")[0].lower() for field in fields}
        if "from" not in names:
            fields.insert(0, f"From: {self.sender}")
        if "to" not in names:
            fields.append(f"To: {self.to[0]}")
        fields += [f"Subject: {subject}", f"Message-ID: <{subject}@example.jp>", "Date: Fri, 16 Dec 2011 10:00:00 +0900"]
        if "content-type" not in names:
            fields += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8"]
        return ("\r\n".join(fields) + "\r\n\r\n" + self.body).encode()


RECEIPT = ('Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
           "--b\r\nContent-Type: text/plain\r\n\r\nread\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
           "Final-Recipient: rfc822;tanaka@example.jp\r\nDisposition: manual-action; displayed\r\n\r\n--b--\r\n")
BOUNCE = ('Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
          "--b\r\nContent-Type: text/plain\r\n\r\nnot delivered\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
          "Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; gone@example.org\r\nAction: failed\r\n"
          "Status: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: tanaka@example.jp\r\n"
          "To: gone@example.org\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n")
OUT = ["customer@example.net"]
TANAKA, SUZUKI = "tanaka@example.jp", "suzuki@example.jp"

# What a user does over a login.
SUBMITTED = {
    "mail to a customer": Mail("tanaka", TANAKA, OUT),
    "mail to a colleague": Mail("tanaka", TANAKA, [SUZUKI]),
    "mail to oneself": Mail("tanaka", TANAKA, [TANAKA]),
    "mail to three at once": Mail("tanaka", TANAKA, [SUZUKI, "sato@example.jp", "customer@example.net"]),
    "sub-address as sender": Mail("tanaka", "tanaka+news@example.jp", OUT),
    "sub-address as recipient": Mail("tanaka", TANAKA, ["suzuki+shop@example.jp"]),
    "other case": Mail("tanaka", "Tanaka@Example.JP", OUT),
    "own address in Japanese": Mail("tanaka", "田中@example.jp", OUT),
    "own address in a Japanese domain": Mail("tanaka", "taro@例え.jp", OUT),
    "a name in ISO-2022-JP": Mail("tanaka", TANAKA, OUT, [
        "From: " + email.header.Header("田中 太郎", "iso-2022-jp").encode() + " <tanaka@example.jp>"]),
    "shared mailbox, one owner": Mail("tanaka", "info@example.jp", OUT),
    "shared mailbox, the other": Mail("suzuki", "info@example.jp", OUT),
    "From the shared mailbox, own envelope": Mail("tanaka", TANAKA, OUT, ["From: info@example.jp", "Sender: tanaka@example.jp"]),
    "send-as by grant": Mail("sato", "ceo@example.jp", OUT),
    "on behalf of, by grant": Mail("sato", "sato@example.jp", OUT, ["From: ceo@example.jp", "Sender: sato@example.jp"]),
    "ticket system writes as a whole domain": Mail("tickets", "support-4711@example.jp", OUT),
    "list server writes for everybody": Mail("lists", "all-bounces@lists.example.jp", OUT, [
        "From: stranger@example.org", "List-Id: <all.lists.example.jp>"]),
    "Reply-To elsewhere": Mail("tanaka", TANAKA, OUT, ["Reply-To: tanaka-private@example.net"]),
    "read receipt": Mail("tanaka", "", OUT, ["From: tanaka@example.jp", RECEIPT[0]], RECEIPT[1]),
    "vacation reply": Mail("tanaka", "", OUT, ["From: tanaka@example.jp", "Auto-Submitted: auto-replied"]),
    "redirected by a service": Mail("lists", "lists@example.jp", OUT, [
        "From: customer@example.org", "Resent-From: tanaka@example.jp", "Resent-To: customer@example.net"]),
    "alias of two": Mail("sato", "sato@example.jp", ["sales@example.jp"], arrives=[TANAKA, SUZUKI]),
    "list of all": Mail("ceo", "ceo@example.jp", ["all@lists.example.jp"], arrives=[TANAKA, SUZUKI, "sato@example.jp"]),
    "role address": Mail("tanaka", TANAKA, ["postmaster@example.jp"], arrives=["sato@example.jp"]),
    "catch-all": Mail("tanaka", TANAKA, ["whoever-2011@catch.example.jp"]),
    "alias that leads outside": Mail("tanaka", TANAKA, ["press@example.jp"], arrives=["agency@example.net"]),
    "address that nobody owns is the MTA's to judge": Mail("tanaka", TANAKA, ["typo@example.jp"]),
    "an encrypted archive's password in the next mail": Mail("tanaka", TANAKA, OUT, body="パスワード：Hanabi2011x\r\n"),
}

# What comes from elsewhere.
RECEIVED = {
    "mail from a customer": Mail("", "customer@example.net", [TANAKA]),
    "mail to several": Mail("", "customer@example.net", [TANAKA, SUZUKI, "info@example.jp"]),
    "mail to a sub-address": Mail("", "customer@example.net", ["tanaka+shop@example.jp"]),
    "bounce": Mail("", "", [TANAKA], ["From: MAILER-DAEMON@mx.example.org", BOUNCE[0]], BOUNCE[1]),
    "vacation reply from outside": Mail("", "", [TANAKA], ["From: customer@example.net", "Auto-Submitted: auto-replied"]),
    "newsletter with VERP": Mail("", "bounce-tanaka=example.jp@news.example.net", [TANAKA], [
        "From: news@example.net", "Reply-To: service@example.net"]),
    "own post comes back from a list": Mail("", "users-bounces@lists.example.org", [SUZUKI], [
        "From: tanaka@example.jp", "Sender: users-bounces@lists.example.org", "List-Id: <users.lists.example.org>"]),
    "own post comes back with ARC": Mail("", "users-bounces@lists.example.org", [SUZUKI], [
        "From: tanaka@example.jp", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.org; s=a; b=AA==",
        "ARC-Message-Signature: i=1; a=rsa-sha256; d=example.org; s=a; h=from; bh=AA==; b=AA==",
        "ARC-Authentication-Results: i=1; example.org; spf=pass"]),
    "forwarded without SRS": Mail("", TANAKA, [SUZUKI], source=FORWARDER),
    "forwarded with SRS": Mail("", "SRS0=ab12=XY=example.net=customer@forward.example.org", [TANAKA],
                               ["From: customer@example.net"], source=FORWARDER),
    "bounce to an SRS address of ours": Mail("", "", ["SRS0=ab12=XY=example.net=customer@example.jp"], [
        "From: MAILER-DAEMON@mx.example.org", BOUNCE[0]], BOUNCE[1]),
    "contact form names a local address": Mail("", "web@example.net", ["info@example.jp"], [
        'From: "tanaka@example.jp via web" <web@example.net>', "Reply-To: tanaka@example.jp"]),
    "invitation on behalf of a local user": Mail("", "calendar@example.net", [SUZUKI], [
        "From: calendar@example.net", "Reply-To: tanaka@example.jp"]),
    "redirected by a person elsewhere": Mail("", "friend@example.org", [TANAKA], [
        "From: customer@example.net", "Resent-From: friend@example.org"]),
    "mail to a list": Mail("", "customer@example.net", ["all@lists.example.jp"], arrives=[TANAKA, SUZUKI, "sato@example.jp"]),
    "mail to a role address": Mail("", "customer@example.net", ["abuse@example.jp"], arrives=["sato@example.jp"]),
    "mail to a catch-all": Mail("", "customer@example.net", ["anything@catch.example.jp"]),
    "a device in its own network": Mail("", "printer@example.jp", [TANAKA], source=DEVICE),
}


class Lawful(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.folder = scratch.Scratch("warifu-lawful-")
        cls.addClassCleanup(cls.folder.remove)
        state = cls.folder.folder("directory", 0o777)
        cls.directory = owners.Owners(state, OWNERS)
        maps = cls.folder.path / "aliases"
        postfix.write_config(maps, "".join(f"{name} {', '.join(to)}\n" for name, to in ALIASES.items()))
        cls.gateway = gateway.for_class(
            cls, {"domains": ["example.jp", "lists.example.jp", "catch.example.jp", "xn--r8jz45g.jp"],
                  "account.realm": "strip", **cls.directory.settings,
                  "store.url": f"sqlite:{cls.folder.path}/directory/warifu.db",
                  "spoof.forwarders": [FORWARDER], "pin.cool_off": f"{COOL_OFF}s",
                  "exemptions": [{"name": "printers", "networks": [DEVICE], "exempts": ["spoof"]}]},
            users=[f"{user}@example.jp" for user in USERS], table="",
            postfix={"virtual_alias_maps": f"texthash:{maps}", "virtual_alias_domains": "lists.example.jp"})
        cls.command("bind", "import")
        cls.command("bind", "grant", "sato", "ceo@example.jp", "--ref", "HR-12")
        cls.command("bind", "grant", "tickets", "@example.jp", "--ref", "OPS-1")
        cls.command("bind", "grant", "lists", "*", "--ref", "OPS-2")

    # -- what the situations use -----------------------------------------------------------------

    @classmethod
    def command(cls, *words, expect: int = 0) -> subprocess.CompletedProcess:
        told = cls.gateway.warifu.tool(*words, "--config", cls.gateway.warifu.config)
        if told.returncode != expect:
            raise AssertionError(f"warifu {' '.join(words)}: {told}")
        return told

    def passes(self, name: str, mail: Mail) -> None:
        raw = mail.raw(f"lawful-{zlib.crc32(name.encode()):08x}")
        more = {"source": mail.source} if mail.source else {}
        reply = self.gateway.send(f"{mail.login}@example.jp" if mail.login else "", mail.sender, mail.to, raw, **more)
        self.assertEqual(reply.code, 250, f"{name}: {reply}")
        subject = f"lawful-{zlib.crc32(name.encode()):08x}".encode()
        for recipient in mail.arrives or mail.to:
            scratch.wait_until(lambda r=recipient: any(subject in found.head for found in self.gateway.sink.to(r)),
                               20, f"'{name}' at {recipient}")

    # -- the situations --------------------------------------------------------------------------

    def test_what_users_send(self):
        for name, mail in SUBMITTED.items():
            with self.subTest(name):
                self.passes(name, mail)

    def test_what_comes_from_elsewhere(self):
        for name, mail in RECEIVED.items():
            with self.subTest(name):
                self.passes(name, mail)

    def test_new_employee(self):
        self.directory.put("newcomer@example.jp", "newcomer")
        self.passes("a newcomer's first mail", Mail("newcomer", "newcomer@example.jp", OUT))
        self.passes("mail to a newcomer", Mail("", "customer@example.net", ["newcomer@example.jp"]))

    def test_a_new_employee_gets_mail_before_sending_any(self):
        self.directory.put("kato@example.jp", "kato")
        self.passes("mail to one who never sent", Mail("", "customer@example.net", ["kato@example.jp"]))
        self.passes("and the answer", Mail("kato", "kato@example.jp", OUT))

    def test_shared_mailbox_gets_and_loses_an_owner(self):
        self.directory.put("info@example.jp", "tanaka", "suzuki", "sato")
        self.passes("a third owner", Mail("sato", "info@example.jp", OUT))
        self.directory.put("info@example.jp", "suzuki", "tanaka")
        self.passes("mail after one has left", Mail("", "customer@example.net", ["info@example.jp"]))
        self.passes("one who stayed", Mail("tanaka", "info@example.jp", OUT))

    def test_announced_move(self):
        self.command("bind", "announce", "mover@example.jp", "--from", "mover", "--to", "mover2", "--ref", "HR-20",
                     "--valid", "1h")
        self.passes("mail before the move", Mail("", "customer@example.net", ["mover@example.jp"]))
        self.directory.put("mover@example.jp", "mover2")
        self.passes("mail after the move", Mail("", "customer@example.net", ["mover@example.jp"]))
        self.passes("mail from the new owner", Mail("mover2", "mover@example.jp", OUT))

    def test_renamed_login(self):
        self.directory.put("married@example.jp", "heir")
        self.command("account", "rename", "hanako", "heir", "--ref", "HR-21")
        self.passes("mail to one with a new login", Mail("", "customer@example.net", ["married@example.jp"]))
        self.passes("mail with a new login", Mail("heir", "married@example.jp", OUT))

    def test_address_that_was_given_up(self):
        self.directory.put("leaver@example.jp")
        self.passes("mail to one who left is the MTA's to judge", Mail("", "customer@example.net", ["leaver@example.jp"]))

    def test_address_that_is_recycled_after_the_cool_off(self):
        address = "recycled@example.jp"
        self.directory.put(address)
        self.passes("mail to one who left sees it released", Mail("", "customer@example.net", [address]))
        time.sleep(COOL_OFF + 0.5)
        self.directory.put(address, "kato")
        self.passes("mail to the next owner", Mail("", "customer@example.net", [address]))
        self.passes("mail from the next owner", Mail("kato", address, OUT))

    def test_one_disputed_recipient_of_three(self):
        self.directory.put("disputed@example.jp", "nobody-announced")
        with self.gateway.client() as client:
            self.assertEqual(client.command("mail", "MAIL FROM:<customer@example.net>").code, 250)
            codes = [client.command("rcpt", f"RCPT TO:<{to}>").code
                     for to in (TANAKA, "disputed@example.jp", SUZUKI)]
            self.assertEqual(codes, [250, 451, 250])
            client.command("data", "DATA")
            mail = Mail("", "customer@example.net", [TANAKA, SUZUKI]).raw("lawful-disputed")
            self.assertEqual(client.end(mail).code, 250)
        for to in (TANAKA, SUZUKI):
            scratch.wait_until(lambda r=to: any(b"lawful-disputed" in m.head for m in self.gateway.sink.to(r)), 20, to)
        self.directory.put("disputed@example.jp", "somebody")
        self.passes("after it is mended", Mail("", "customer@example.net", ["disputed@example.jp"]))

    def test_local_submission(self):
        """cron's mail to root, by sendmail(1)."""
        mail = Mail("", "root@example.jp", ["root@example.jp"]).raw("lawful-cron")
        self.gateway.postfix.sendmail("root@example.jp", "root@example.jp", mail)
        scratch.wait_until(lambda: any(b"lawful-cron" in m.head for m in self.gateway.sink.to("sato@example.jp")), 20, "cron")

    def test_several_mails_a_session(self):
        with self.gateway.client("tanaka@example.jp") as client:
            for n in range(3):
                mail = Mail("tanaka", TANAKA, OUT).raw(f"lawful-session-{n}")
                self.assertEqual(client.send(TANAKA, OUT, mail).code, 250)
                client.reset()

    def test_directory_outage(self):
        """Proven addresses go on while the directory does not answer."""
        with self.directory.open() as database:
            database.execute("BEGIN EXCLUSIVE")
            self.passes("mail to a proven address in an outage", Mail("", "customer@example.net", [TANAKA]))
            self.passes("mail from a proven address in an outage", Mail("tanaka", TANAKA, OUT))
            database.execute("ROLLBACK")
        outage = [event for event in self.gateway.warifu.events()
                  if any(check.get("stale") for check in event.get("checks", []))]
        self.assertGreater(len(outage), 1, "the ledger has answered for the directory")


if __name__ == "__main__":
    live.main()
