#!/usr/bin/env python3
"""What a milter cannot see: mail that was queued before a swap, recipients behind an alias or a list.

Postfix asks warifu by transport_maps at the moment of delivery. Only the swapped address waits; the
rest of the same mail goes on; once the directory is mended all of it arrives, and nothing twice.
"""
import grp
import pathlib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, postfix, rules, scratch  # noqa: E402

SATO, SUZUKI, TANAKA = "sato@example.jp", "suzuki@example.jp", "tanaka@example.jp"
OWN = "".join(f"{address} {address}\n" for address in (SATO, SUZUKI, TANAKA))
SWAPPED = OWN.replace("sato@example.jp sato", "sato@example.jp suzuki").replace(
    "suzuki@example.jp suzuki@", "suzuki@example.jp sato@")


class Socketmap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        group = grp.getgrgid(postfix.owner()[0].pw_gid).gr_name
        cls.gateway = gateway.for_class(
            cls, {"socketmap.address": "unix:@folder@/run/transport.sock", "socketmap.group": group},
            users=[SATO, SUZUKI, TANAKA], table=OWN, patterns=rules.text(),
            postfix={"transport_maps": "socketmap:unix:@warifu@/run/transport.sock:warifu",
                     "virtual_alias_maps": "inline:{ { team@example.jp = sato@example.jp tanaka@example.jp }"
                                           " { boss@example.jp = sato@example.jp } }"})

    def set_table(self, table):
        self.gateway.warifu.table.write_text(table)
        done = self.gateway.warifu.reload()
        self.assertEqual(done.returncode, 0, done.stderr)

    def queue(self):
        """recipient → why it waits, of everything in the queue."""
        return {recipient["address"]: recipient.get("delay_reason", "")
                for mail in self.gateway.postfix.queued() for recipient in mail["recipients"]}

    def postfix_anew(self, **settings):
        """Postfix with other settings, and without what trivial-rewrite's clients remember (30 s)."""
        self.gateway.postfix.stop()
        self.gateway.postfix.settings.update(settings)
        self.gateway.postfix.start()

    def send(self, recipients, subject):
        mail = mails.Mail("customer@example.net", "team@example.jp", ["本文"], subject=subject)
        return self.gateway.send("", "customer@example.net", recipients, mail.raw())

    def test_swapped_addresses_wait_wherever_they_are_reached(self):
        gate = self.gateway
        for address in (SATO, SUZUKI, TANAKA):  # proven by mail of their own
            mail = mails.Mail(address, "customer@example.net", ["本文"])
            self.assertEqual(gate.send(address, address, "customer@example.net", mail.raw()).code, 250)
        gate.sink.wait_for("customer@example.net", 3)
        self.assertEqual(self.send([SATO], "before").code, 250)
        gate.sink.wait_for(SATO)
        gate.postfix.drain()  # one that is stopped before it has noted a delivery makes it again

        # In the queue when the swap happens.
        self.postfix_anew(defer_transports="lmtp")
        self.assertEqual(self.send([SATO, TANAKA], "queued").code, 250)
        scratch.wait_until(lambda: len(self.queue()) == 2, 20, "two recipients in the queue")
        self.set_table(SWAPPED)
        self.postfix_anew(defer_transports="")

        # As given: refused for now, by the milter (451) or by smtpd, which asks the map as well (450).
        # Behind an alias and a list: accepted, and asked about at delivery.
        self.assertIn(self.send([SATO], "direct").code, (450, 451))
        self.assertEqual(self.send(["boss@example.jp"], "alias").code, 250)
        self.assertEqual(self.send(["team@example.jp"], "list").code, 250)
        gate.postfix.flush()
        gate.sink.wait_for(TANAKA, 2)
        scratch.wait_until(lambda: set(self.queue()) == {SATO}, 20, "sato's mail alone in the queue")
        waiting = scratch.wait_until(
            lambda: [m for m in gate.postfix.queued() if m["queue_name"] == "deferred"] if
            len(gate.postfix.queued()) == 3 else None, 20, "three deferred mails")
        for mail in waiting:
            self.assertIn("the owner of this address is being verified",
                          mail["recipients"][0]["delay_reason"])
        self.assertEqual(len(gate.sink.to(SATO)), 1, "nothing more has reached the swapped address")

        # Mended: what waited arrives, once.
        self.set_table(OWN)
        self.postfix_anew()
        gate.postfix.flush()
        gate.sink.wait_for(SATO, 4)
        gate.postfix.drain()
        self.assertEqual(len(gate.sink.to(SATO)), 4)
        self.assertEqual(len(gate.sink.to(TANAKA)), 2)

    def test_while_the_daemon_is_down_mail_waits(self):
        gate = self.gateway
        self.postfix_anew(defer_transports="lmtp")
        self.assertEqual(self.send([TANAKA], "down").code, 250)
        scratch.wait_until(lambda: TANAKA in self.queue(), 20, "the mail in the queue")
        before = len(gate.sink.to(TANAKA))
        gate.warifu.stop()
        try:
            self.postfix_anew(defer_transports="")
            gate.postfix.flush()
            time.sleep(2)
            self.assertEqual(len(gate.sink.to(TANAKA)), before)
        finally:
            gate.warifu.start()
        self.postfix_anew()
        gate.postfix.flush()
        gate.sink.wait_for(TANAKA, before + 1, 60)

    def test_cost_of_a_lookup(self):
        """Said, not judged: microseconds a lookup, one after the other and many in flight."""
        path = str(self.gateway.warifu.folder / "run/transport.sock")
        keys = [SATO, TANAKA, "nobody@example.jp", "customer@example.net"]
        requests = [f"{len(text)}:{text},".encode() for text in (f"warifu {key}" for key in keys)]
        answer, count = b"9:NOTFOUND ,", 4000
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            stream = connection.makefile("rb")
            start = time.monotonic()
            for number in range(count):
                connection.sendall(requests[number % len(requests)])
                self.assertEqual(stream.read(len(answer)), answer)
            single = time.monotonic() - start
            start = time.monotonic()
            for _ in range(count // 100):
                connection.sendall(b"".join(requests) * 25)
                self.assertEqual(stream.read(len(answer) * 100), answer * 100)
            together = time.monotonic() - start
        print(f"socketmap: {single / count * 1e6:.0f} us a lookup, one after the other (this client's own work "
              f"included); {together / count * 1e6:.1f} us with 100 in flight", file=sys.stderr)


if __name__ == "__main__":
    live.main()
