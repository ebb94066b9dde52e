#!/usr/bin/env python3
"""Who is behind a session without a login: its client certificate, or the lease of its IP address.

Real certificates over a real STARTTLS; addresses of 127.0.0.0/8 as they are, and IPv6 ones as
Postfix hands them over for a proxy that it trusts (XCLIENT).
"""
import contextlib
import os
import pathlib
import sqlite3
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, rules, scratch  # noqa: E402

ACCOUNTS = ["scanner", "copier", "tanaka", "suzuki"]
TABLE = "".join(f"{account}@example.jp {account}\n" for account in ACCOUNTS)
OUT = "customer@example.net"
LISTENERS = [{"name": name, "daemon_name": name, "submission": True, "require_account": True}
             for name in ("certificate", "lease")] + [{"name": "mx", "daemon_name": ""}]
RELAY = "check_client_access static:OK, reject"
NOBODY, DOUBT, PASS, STRANGER = ("mail", 530), ("mail", 451), ("end", 250), ("mail", 553)


def mail(author: str) -> bytes:
    return f"From: {author}\r\nSubject: test\r\n\r\n本文\r\n".encode()


def ago(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


class Authority:
    """Makes certificates; its key and its own are in a folder of their own."""

    def __init__(self, folder: pathlib.Path, name: str):
        folder.mkdir()
        self.folder, self.certificate = folder, folder / "ca.pem"
        self._openssl("req", "-x509", *self._key("ca"), "-days", "2", "-subj", f"/CN={name}", "-out", self.certificate)

    def client(self, name: str, *options: str) -> ssl.SSLContext:
        """A client's side of TLS with a certificate of that common name."""
        stem = self.folder / name
        self._openssl("req", *self._key(name), "-subj", f"/CN={name}", "-out", f"{stem}.csr")
        self._openssl("x509", "-req", "-in", f"{stem}.csr", "-CA", self.certificate, "-CAkey",
                      self.folder / "ca.key", "-CAcreateserial", "-out", f"{stem}.pem",
                      *(options or ("-days", "2")))
        context = plain_tls()
        context.load_cert_chain(f"{stem}.pem", f"{stem}.key")
        return context

    def _key(self, name: str) -> list:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.folder / f"{name}.key"]

    @staticmethod
    def _openssl(*words) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def plain_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def setUpModule():
    """One gateway for the whole file; a class that wants other settings reloads it."""
    global gate, folder, authority
    live.require_root()
    own = scratch.Scratch("warifu-identity-")
    unittest.addModuleCleanup(own.remove)
    folder = own.folder("shared", 0o777)
    authority = Authority(folder / "ca", "Example CA")
    authority.client("mx.example.jp")
    (folder / "certificates").write_text('"Scanner, third floor" "Example CA" scanner\n"copier" "Another CA" copier\n')
    (folder / "leases").write_text("")
    ca = authority.folder
    gate = gateway.Gateway(
        settings(), users=["tanaka@example.jp"], table=TABLE, patterns=rules.text(),
        services={"certificate": {"smtpd_tls_ask_ccert": "yes", **gateway.LOGIN,
                                  "smtpd_relay_restrictions": RELAY},
                  "lease": {"smtpd_relay_restrictions": RELAY, "smtpd_authorized_xclient_hosts": "127.0.0.1"},
                  "proxied": {"smtpd_relay_restrictions": RELAY, "smtpd_authorized_xclient_hosts": "127.0.0.1"}},
        postfix={"smtpd_tls_security_level": "may", "smtpd_tls_CAfile": str(authority.certificate),
                 "smtpd_tls_cert_file": f"{ca}/mx.example.jp.pem", "smtpd_tls_key_file": f"{ca}/mx.example.jp.key",
                 "smtpd_tls_loglevel": "0", "inet_protocols": "all"})
    unittest.addModuleCleanup(gate.close)


def settings(**more) -> dict:
    return {"listeners": LISTENERS, "account.realm": "strip", "certificate.table": str(folder / "certificates"),
            "lease.table": str(folder / "leases"), "lease.stale_after": "10m",
            "lease.carrier_nat": ["127.64.0.0/10", "2001:db8:64::/48"],
            "trusted_networks": ["127.3.0.0/16", "2001:db8:3::/48"], **more}


class Identity(unittest.TestCase):
    def setUp(self):
        self.opened = 0

    def open(self, service: str, **more):
        client = gate.client(service=service, timeout=15, **more)
        self.addCleanup(client.close)
        return client

    def sends(self, client, account: str) -> tuple[str, int]:
        client.reset()
        reply = client.send(f"{account}@example.jp", OUT, mail(f"{account}@example.jp"))
        return reply.stage, reply.code


class Certificate(Identity):
    def test_certificate_of_the_table_is_an_account(self):
        client = self.open("certificate", starttls=authority.client("Scanner, third floor"))
        self.assertEqual(self.sends(client, "scanner"), PASS)
        self.assertEqual(self.sends(client, "tanaka"), STRANGER)
        reply = client.send("scanner@example.jp", "as-other@example.net", mail("tanaka@example.jp"))
        self.assertEqual((reply.stage, reply.code), ("end", 550), reply)
        self.assertEqual(self.sends(client, "scanner"), PASS)
        self.assertEqual(gate.warifu.event_for(OUT)["account"], "scanner")

    def test_no_other_certificate_is(self):
        impostor = Authority(folder / "impostor", "Example CA")  # of the same name
        for what, context in {
                "none": plain_tls(),
                "of another authority of the same name": impostor.client("Scanner, third floor"),
                "not in the table": authority.client("Scanner, fourth floor"),
                "in the table with another issuer": authority.client("copier"),
        }.items():
            with self.subTest(what):
                self.assertEqual(self.sends(self.open("certificate", starttls=context), "scanner"), NOBODY)

    def test_expired_certificate_is_none(self):
        context = authority.client("Scanner, third floor", "-days", "0")
        time.sleep(1.1)  # it ended in the second in which it was made
        self.assertEqual(self.sends(self.open("certificate", starttls=context), "scanner"), NOBODY)

    def test_login_comes_first(self):
        context = authority.client("Scanner, third floor")
        client = self.open("certificate", login="tanaka@example.jp", starttls=context)
        self.assertEqual(self.sends(client, "tanaka"), PASS)
        self.assertEqual(self.sends(client, "scanner"), STRANGER)

    def test_without_starttls_there_is_nobody(self):
        self.assertEqual(self.sends(self.open("certificate"), "scanner"), NOBODY)


class LeaseTable(Identity):
    def leases(self, *lines: str) -> None:
        (folder / "leases.new").write_text("".join(f"{line}\n" for line in lines))
        os.rename(folder / "leases.new", folder / "leases")

    def by_ipv6(self, address: str):
        client = self.open("lease")
        self.assertEqual(client.command("xclient", f"XCLIENT ADDR=IPV6:{address}").code, 220)
        client.smtp.ehlo()
        return client

    def test_fresh_lease_of_one_account(self):
        self.leases(f"127.1.0.1 tanaka {ago(30)}", f"127.1.0.2 tanaka {ago(3600)}",
                    f"127.1.0.3 tanaka {ago(30)}", f"127.1.0.3 suzuki {ago(60)}",
                    f"127.1.0.4 suzuki {ago(3600)}", f"127.1.0.4 tanaka {ago(60)}",
                    f"127.64.0.1 tanaka {ago(30)}", "127.1.0.5 tanaka")
        for source, tanaka, suzuki in (
                ("127.1.0.1", PASS, STRANGER), ("127.1.0.2", NOBODY, NOBODY), ("127.1.0.3", DOUBT, DOUBT),
                ("127.1.0.4", PASS, STRANGER),  # a lost Stop left the other open
                ("127.64.0.1", NOBODY, NOBODY), ("127.1.0.5", PASS, STRANGER), ("127.1.0.6", NOBODY, NOBODY)):
            with self.subTest(source):
                client = self.open("lease", source=source)
                self.assertEqual(self.sends(client, "tanaka"), tanaka)
                self.assertEqual(self.sends(client, "suzuki"), suzuki)

    def test_lease_that_goes_over_in_an_open_session(self):
        self.leases(f"127.1.0.7 tanaka {ago(5)}")
        client = self.open("lease", source="127.1.0.7")
        self.assertEqual(self.sends(client, "tanaka"), PASS)
        self.leases(f"127.1.0.7 suzuki {ago(0)}")
        self.assertEqual(self.sends(client, "tanaka"), STRANGER)
        self.assertEqual(self.sends(client, "suzuki"), PASS)
        self.leases("127.1.0.7 suzuki yesterday")
        self.assertEqual(self.sends(client, "suzuki"), DOUBT)

    def test_ipv6_prefixes(self):
        self.leases(f"2001:db8:1:2::/64 tanaka {ago(5)}", f"2001:db8:1200::/56 suzuki {ago(5)}",
                    f"2001:db8:64:1::/64 tanaka {ago(5)}")
        for address, tanaka, suzuki in (
                ("2001:db8:1:2:aaaa::1", PASS, STRANGER), ("2001:db8:1200:ff::1", STRANGER, PASS),
                ("2001:db8:1:3::1", NOBODY, NOBODY), ("2001:db8:64:1::1", NOBODY, NOBODY)):
            with self.subTest(address):
                client = self.by_ipv6(address)
                self.assertEqual(self.sends(client, "tanaka"), tanaka)
                self.assertEqual(self.sends(client, "suzuki"), suzuki)

    def test_only_where_users_come_in(self):
        self.leases(f"127.1.0.8 tanaka {ago(5)}")
        reply = gate.send("", "stranger@example.org", "tanaka@example.jp", mail("stranger@example.org"), source="127.1.0.8")
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(gate.warifu.event_for("tanaka@example.jp").get("account", ""), "")


class TrustedNetworks(Identity):
    """Clients without a login whose mail counts as our own: an application server, an inner MTA."""

    def by_address(self, address: str, marker: str):
        """The reply and the event of a mail from there, at port 25, by a local author to outside."""
        client = self.open("proxied")
        self.assertEqual(client.command("xclient", f"XCLIENT ADDR={address}").code, 220)
        client.smtp.ehlo()
        to = f"{address.lower().replace(':', '-')}@example.net"
        body = mail("tanaka@example.jp") + f"{marker}\r\n".encode()
        return client.send("tanaka@example.jp", to, body), gate.warifu.event_for(to)

    def test_their_mail_is_ours(self):
        for address in ("127.3.0.1", "IPV6:2001:db8:3:1::1"):
            with self.subTest(address):
                reply, event = self.by_address(address, rules.marker("reject"))
                self.assertEqual((reply.stage, reply.code), ("end", 550), reply)
                self.assertEqual((event["direction"], event.get("account", "")), ("outbound", ""))
                self.assertNotIn("check:spoof", event["reasons"])
                self.assertIn("rule:live-reject", event["reasons"])

    def test_all_others_are_strangers(self):
        for address in ("127.4.0.1", "IPV6:2001:db8:4::1"):
            with self.subTest(address):
                reply, event = self.by_address(address, rules.marker("reject"))
                self.assertEqual(reply.code, 250, reply)
                self.assertEqual(event["direction"], "inbound")
                self.assertEqual(event["reasons"], ["check:spoof"])

    def test_trust_gives_no_account(self):
        reply = self.open("lease", source="127.3.0.9").send("tanaka@example.jp", OUT, mail("tanaka@example.jp"))
        self.assertEqual((reply.stage, reply.code), NOBODY, reply)


class SqlLeases(Identity):
    """radacct as FreeRADIUS keeps it, by the query of warifu.conf(5)."""

    @classmethod
    def setUpClass(cls):
        cls.path = folder / "radius.db"
        with cls.radius() as database:
            database.execute("CREATE TABLE radacct (username, framedipaddress, framedipv6prefix, delegatedipv6prefix, "
                             "acctstarttime, acctupdatetime, acctstoptime)")
        cls.path.chmod(0o666)
        gate.warifu.configure(settings(**{
            "lease.table": None, "lease.url": f"sqlite:{cls.path}",
            "lease.query": "select username, strftime('%s', coalesce(acctupdatetime, acctstarttime)) from radacct "
                           "where acctstoptime is null and (framedipaddress = :ip or framedipv6prefix = :net64 "
                           "or delegatedipv6prefix in (:net56, :net60, :net48))"}))
        told = gate.warifu.reload()
        if told.returncode != 0:
            raise AssertionError(told)

    @classmethod
    def radius(cls):
        return contextlib.closing(sqlite3.connect(cls.path, isolation_level=None))

    def account(self, user: str, ip: str, *, started: float = 7200, updated: float | None = None,
                stopped: float | None = None) -> None:
        def at(seconds):
            return None if seconds is None else ago(seconds).replace("T", " ")[:19]
        with self.radius() as database:
            database.execute("INSERT INTO radacct VALUES (?, ?, NULL, NULL, ?, ?, ?)",
                             (user, ip, at(started), at(updated), at(stopped)))

    def test_open_and_fresh_rows(self):
        self.account("tanaka", "127.2.0.1", updated=60)
        self.account("suzuki", "127.2.0.2", updated=60, stopped=30)
        self.account("suzuki", "127.2.0.3", updated=3600)  # its Stop was lost
        self.account("tanaka", "127.2.0.3", started=20)
        self.account("suzuki", "127.2.0.4", updated=60)
        self.account("tanaka", "127.2.0.4", started=20)
        for source, tanaka in (("127.2.0.1", PASS), ("127.2.0.2", NOBODY), ("127.2.0.3", PASS), ("127.2.0.4", DOUBT)):
            with self.subTest(source):
                client = self.open("lease", source=source)
                self.assertEqual(self.sends(client, "tanaka"), tanaka)
                self.assertEqual(self.sends(client, "suzuki"), STRANGER if tanaka == PASS else tanaka)

    def test_database_that_is_away_is_doubt_and_comes_back(self):
        self.account("tanaka", "127.2.0.5", updated=60)
        client = self.open("lease", source="127.2.0.5")
        self.assertEqual(self.sends(client, "tanaka"), PASS)
        aside = self.path.with_suffix(".aside")
        os.rename(self.path, aside)
        try:
            self.path.mkdir()
            self.assertEqual(self.sends(client, "tanaka"), DOUBT)
        finally:
            self.path.rmdir()
            os.rename(aside, self.path)
        self.assertEqual(self.sends(client, "tanaka"), PASS)


if __name__ == "__main__":
    live.main()
