#!/usr/bin/env python3
"""Swapped addresses, announced changes, locks, grants, breaker: the store behind a real Postfix."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, rules, scratch, store  # noqa: E402

USERS = ["tanaka@example.jp", "suzuki@example.jp", "sato@example.jp", "mori@example.jp"]
TANAKA, SUZUKI, SATO, MORI = USERS
SETTINGS = {"pin.recheck": "200ms"}
SECRETS = [rules.marker("hold", number) for number in range(4)]


def table(**owners: str) -> str:
    """Every user owns his address, but for what `owners` says: tanaka=SUZUKI."""
    rows = {user: user for user in USERS} | {f"{name}@example.jp": owner for name, owner in owners.items()}
    return "".join(f"{address} {owner}\n" for address, owner in rows.items())


def mail(author: str, body: str = "本文", *fields: str) -> bytes:
    return "\r\n".join([f"From: {author}", *fields, "Subject: test", "", body, ""]).encode()


class Ownership(unittest.TestCase):
    """One gateway; each test begins with an empty ledger, since what one has learned is not forgotten."""
    KIND = gateway.Gateway  # sendmail_test.py asks the same of Sendmail

    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, SETTINGS, users=USERS, table=table(), patterns=rules.text(), secrets=SECRETS,
                                        kind=cls.KIND)
        cls.warifu, cls.sink = cls.gateway.warifu, cls.gateway.sink
        cls.store = store.Store(cls.warifu.folder / "state/warifu.db")

    def setUp(self):
        self.start({})

    def start(self, settings):
        self.warifu.stop()
        for path in (*self.warifu.folder.glob("state/warifu.db*"), self.warifu.log):
            path.unlink(missing_ok=True)
        self.gateway.mta.delete_all()
        self.sink.forget()
        self.warifu.table.write_text(table())
        self.warifu.configure({**SETTINGS, **settings})
        self.warifu.start()

    def command(self, *words):
        done = self.warifu.tool(*words, "--config", self.warifu.config)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def directory(self, **owners):
        self.warifu.table.write_text(table(**owners))
        told = self.warifu.reload()
        self.assertEqual(told.returncode, 0, told)

    def send(self, login, sender, recipient, **more):
        return self.gateway.send(login, sender, recipient, mail(sender), **more)

    def prove(self, *users):
        for user in users:
            self.assertEqual(self.send(user, user, "proof@example.net").code, 250)
            self.assertEqual(self.store.proven(user), [user])

    def assert_deferred(self, reply, stage):
        self.assertEqual((reply.stage, reply.code, reply.enhanced), (stage, 451, "4.7.1"), reply)
        self.assertIn("Ownership of this address", reply.text)

    # -- pin -------------------------------------------------------------------------------------

    def test_swapped_sender_is_deferred_and_passes_when_mended(self):
        self.prove(TANAKA, SUZUKI)
        with self.gateway.client(TANAKA) as open_session:
            self.directory(tanaka=SUZUKI, suzuki=TANAKA)
            # Each may send as the other now, says the directory; the ledger knows better.
            self.assert_deferred(self.send(SUZUKI, TANAKA, "x@example.net"), "mail")
            self.assert_deferred(open_session.send(SUZUKI, "x@example.net", mail(SUZUKI)), "mail")
            reply = self.send(SATO, SATO, "innocent@example.net")
            self.assertEqual(reply.code, 250, reply)
            self.assertTrue(self.store.disputed(TANAKA) and self.store.disputed(SUZUKI))
            self.directory()
            reply = open_session.send(TANAKA, "mended@example.net", mail(TANAKA))
            self.assertEqual(reply.code, 250, reply)
        self.sink.wait_for("mended@example.net")
        self.assertEqual(self.store.proven(TANAKA), [TANAKA])
        self.assertEqual(self.sink.to("x@example.net"), [])

    def test_swapped_recipient_is_deferred_and_the_others_get_their_mail(self):
        self.prove(TANAKA, SUZUKI)
        self.directory(tanaka=SUZUKI)
        with self.gateway.client() as client:
            self.assertEqual(client.command("mail", "MAIL FROM:<stranger@example.org>").code, 250)
            answers = {address: client.command("rcpt", f"RCPT TO:<{address}>")
                       for address in (SUZUKI, TANAKA, "staff-list@example.jp", MORI)}
            self.assert_deferred(answers.pop(TANAKA), "rcpt")
            self.assertEqual({reply.code for reply in answers.values()}, {250}, answers)
            self.assertEqual(client.command("data", "DATA").code, 354)
            self.assertEqual(client.end(mail("stranger@example.org")).code, 250)
        for recipient in (SUZUKI, "staff-list@example.jp", MORI):
            self.sink.wait_for(recipient)
        self.assertEqual(self.sink.to(TANAKA), [])
        event = self.warifu.event_for(TANAKA)
        self.assertEqual((event["stage"], event["action"]), ("rcpt", "defer"))
        incident = self.store.incident(event["reference"])
        self.assertEqual((incident["kind"], incident["recipients"]), ("dispute", TANAKA))

    def test_dispute_ends_without_mail(self):
        self.prove(TANAKA)
        self.directory(tanaka=SUZUKI)
        self.send("", "stranger@example.org", TANAKA)
        self.assertTrue(self.store.disputed(TANAKA))
        self.directory()
        scratch.wait_until(lambda: not self.store.disputed(TANAKA), 10, "the end of the dispute")
        self.assertEqual(self.store.history()[-1], f"settle {TANAKA}")
        self.assertIn("directory and ledger agree again", self.warifu.output())

    def test_announced_change_is_used_by_mail_and_without(self):
        self.prove(TANAKA, SUZUKI)
        for address in (TANAKA, SUZUKI):
            self.command("bind", "announce", address, "--from", address, "--to", MORI, "--ref", "T-2")
        self.directory(tanaka=MORI, suzuki=MORI)
        reply = self.send("", "stranger@example.org", TANAKA)
        self.assertEqual(reply.code, 250, reply)
        scratch.wait_until(lambda: self.store.proven(SUZUKI) == [MORI], 10, "the change to settle by itself")
        self.assertEqual(self.store.proven(TANAKA), [MORI])
        self.assertEqual(self.send(MORI, TANAKA, "as-tanaka@example.net").code, 250)
        # Used once: the way back was not announced.
        self.directory()
        self.assert_deferred(self.send("", "stranger@example.org", TANAKA), "rcpt")

    def test_doubt_at_the_end_of_a_users_mail_is_held_and_found(self):
        self.prove(TANAKA)
        self.assertEqual(self.gateway.send(SUZUKI, SUZUKI, "x@example.net", mail(SUZUKI)).code, 250)
        self.directory(tanaka=SUZUKI)
        # The envelope is his own; the author is a swapped address.
        reply = self.gateway.send(SUZUKI, SUZUKI, "held@example.net", mail(TANAKA))
        self.assertEqual(reply.code, 250, reply)
        held, = self.gateway.mta.held()
        incident = self.store.incident(self.warifu.event_for("held@example.net")["reference"])
        self.assertEqual((incident["action"], incident["queue_id"]), ("hold", held["queue_id"]))
        self.gateway.mta.release(held["queue_id"])
        self.sink.wait_for("held@example.net")

    def test_ledger_survives_a_crash_and_a_restart(self):
        self.prove(TANAKA)
        self.warifu.kill()
        self.warifu.table.write_text(table(tanaka=SUZUKI))
        self.warifu.start()
        self.assert_deferred(self.send("", "stranger@example.org", TANAKA), "rcpt")

    def test_local_submission_is_never_answered_at_rcpt(self):
        self.prove(TANAKA)
        self.directory(tanaka=SUZUKI)
        self.addCleanup(self.gateway.postfix.reload)
        self.addCleanup(self.gateway.postfix.settings.pop, "non_smtpd_milters")
        self.gateway.postfix.settings["non_smtpd_milters"] = self.warifu.address
        self.gateway.postfix.reload()
        self.gateway.postfix.sendmail("cron@example.jp", "cron-report@example.jp", mail("cron@example.jp"))
        self.sink.wait_for("cron-report@example.jp")
        mark = len(self.gateway.postfix.log_text())
        self.gateway.postfix.sendmail("cron@example.jp", TANAKA, mail("cron@example.jp"))
        scratch.wait_until(lambda: "4.7.1" in self.gateway.postfix.log_text()[mark:], 20, "the deferral")
        self.assertNotIn("RCPT TO", self.gateway.postfix.log_text()[mark:])
        self.assertEqual(self.sink.to(TANAKA), [])

    # -- lock, grant, spoof, breaker -------------------------------------------------------------

    def test_lock_counts_in_a_session_that_is_open(self):
        with self.gateway.client(TANAKA) as client:
            self.assertEqual(client.send(TANAKA, "before@example.net", mail(TANAKA)).code, 250)
            self.command("account", "lock", TANAKA, "--reason", "phished")
            reply = client.send(TANAKA, "locked@example.net", mail(TANAKA))
            self.assertEqual((reply.stage, reply.code, reply.enhanced), ("mail", 550, "5.7.1"), reply)
            self.assertIn("locked", reply.text)
            self.command("account", "unlock", TANAKA)
            self.assertEqual(client.send(TANAKA, "after@example.net", mail(TANAKA)).code, 250)

    def test_secrets_to_a_locked_account_are_held(self):
        self.command("account", "lock", SUZUKI, "--reason", "phished")
        self.assertEqual(self.send(TANAKA, TANAKA, SUZUKI).code, 250)
        self.sink.wait_for(SUZUKI)
        reply = self.gateway.send(TANAKA, TANAKA, SUZUKI, mail(TANAKA, rules.marker("tag")))
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(len(self.gateway.mta.held()), 1)

    def test_grant(self):
        self.assertEqual(self.send(TANAKA, "shop@example.jp", "x@example.net").code, 553)
        self.command("bind", "grant", TANAKA, "shop@example.jp", "--ref", "T-1")
        self.assertEqual(self.send(TANAKA, "shop@example.jp", "shopping@example.net").code, 250)
        self.sink.wait_for("shopping@example.net")
        self.assertEqual(self.store.proven("shop@example.jp"), [])

    def test_spoofed_author_is_tagged_and_a_list_passes(self):
        def classes(recipient, *fields):
            reply = self.gateway.send("", "stranger@example.org", recipient, mail(TANAKA, "本文", *fields))
            self.assertEqual(reply.code, 250, reply)
            arrived, = self.sink.wait_for(recipient)
            return arrived.fields("X-Warifu")
        tagged, = classes("spoofed@example.jp")
        self.assertTrue(tagged.startswith(b"tag; class=binding; "), tagged)
        self.assertEqual(classes("listed@example.jp", "List-Id: <dev.lists.example.org>"), [])
        self.assertEqual(classes("sealed@example.jp", "ARC-Seal: i=1; a=rsa-sha256"), [])

    def test_breaker_stops_one_account_until_it_is_closed_and_over_a_restart(self):
        self.start({"breaker.account_alarms": 2})
        for number in range(2):
            leak = mail(TANAKA, rules.marker("hold", number))
            self.assertEqual(self.gateway.send(TANAKA, TANAKA, "leak@example.net", leak).code, 250)
        self.assertEqual(len(self.gateway.mta.held()), 2)
        self.warifu.stop()
        self.warifu.start()
        reply = self.send(TANAKA, TANAKA, "x@example.net")
        self.assertEqual((reply.stage, reply.code, reply.enhanced), ("rcpt", 451, "4.7.1"), reply)
        self.assertIn("stopped for now", reply.text)
        self.assertEqual(self.send(TANAKA, TANAKA, SUZUKI).code, 250, "internal mail passes")
        self.assertEqual(self.send(TANAKA, TANAKA, "postmaster@example.net").code, 250)
        self.assertEqual(self.send(SUZUKI, SUZUKI, "other@example.net").code, 250)
        status = self.warifu.tool("status", "--config", self.warifu.config).stdout
        self.assertIn(f"account:{TANAKA}", status)
        self.assertIn("breaker", {event["stage"] for event in self.warifu.events()})

    # -- faults ----------------------------------------------------------------------------------

    def test_store_that_is_locked_up_defers_and_recovers(self):
        self.start({"store.timeout": "300ms"})
        self.prove(TANAKA)
        database = self.store._open()
        database.execute("BEGIN EXCLUSIVE")
        reply = self.send(SUZUKI, SUZUKI, "nothing-to-learn@example.net")
        database.rollback()
        database.close()
        # In WAL readers go on; only what must be written fails, and a lesson may wait.
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(self.store.proven(SUZUKI), [])
        self.prove(SUZUKI)


if __name__ == "__main__":
    live.main()
