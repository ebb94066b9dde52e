#!/usr/bin/env python3
"""July 2014: 1,265 ids used by impostors, who exchanged the points of 568 of them.

The ids are locked from a file: mail from them is refused, also in sessions that are open, mail of
all others passes, and notices to them that confirm an exchange or carry a secret are held. Those
among them that had a notice of an exchange in the period are found and counted; and so is the
mailbox to which the impostors had notices of many accounts sent, where family mailboxes are not.
Runs at about a twentieth of the size; tests/replay/full runs it whole.
"""
import datetime
import math
import random
import time
import unittest

import portal
import town
from harness import live
from subscribers import DOMAIN, account, address

COUNT, LOCKED, EXCHANGED, COLLECTED, OTHERS = (20_000, 1_265, 568, 40, 2_000) if town.FULL else (2_000, 60, 27, 12, 60)
FAN_IN = 5  # fan_in.accounts: what one mailbox may get notices for
FAMILY = 4  # accounts that share a mailbox
REMOTE = "friend@example.net"
DROP = f"tensou@{DOMAIN}"
SETTINGS = {"fan_in.accounts": FAN_IN, "listeners": [
    {"name": "submission", "daemon_name": "submission", "submission": True, "require_account": True},
    {"name": "mx", "daemon_name": ""}]}


class Impostors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.clock = town.Stopwatch()
        numbers = random.Random(2014).sample(range(COUNT), LOCKED + OTHERS)
        cls.locked, cls.others = numbers[:LOCKED], numbers[LOCKED:]
        cls.exchanged, cls.unused = cls.locked[:EXCHANGED], cls.locked[EXCHANGED:]
        cls.collected = cls.exchanged[:COLLECTED]
        cls.families = {f"family{n}@{DOMAIN}": cls.others[n * FAMILY:(n + 1) * FAMILY] for n in range(10)}
        # The impostors had their own mailbox entered as that of each of these.
        shared = {DROP: [account(n) for n in cls.collected],
                  **{mailbox: [account(n) for n in members] for mailbox, members in cls.families.items()}}
        cls.town = town.Town(count=COUNT, swapped=[], logins=[account(n) for n in [*cls.locked, *cls.others[:LOCKED]]],
                             aliases={}, settings=SETTINGS, notices=portal.NOTICES, shared=shared)
        cls.addClassCleanup(cls.town.close)
        told = cls.town.tool("bind", "import")
        assert told.returncode == 0, told
        cls.town.open()

    def test_story(self):
        everybody = [*self.locked, *self.others[:LOCKED]]
        self.each_sends("before the lock", everybody)
        self.town.wait_for("before the lock", {"delivered": len(everybody)})
        self.clock.say(f"{len(everybody):,} accounts have sent")
        sessions = {n: self.town.client(n) for n in [*self.locked[:12], *self.others[:4]]}
        for n, client in sessions.items():
            self.addCleanup(client.close)
            self.assertEqual(self.town.send(client, "open session, before", address(n), REMOTE).code, 250)
        period = self.points_are_exchanged()
        self.the_drop_mailbox_is_found()
        self.lock()
        self.locked_send_nothing(sessions)
        self.abused_are_counted(period)
        self.notices_to_the_locked_are_held()
        self.unlock()
        self.town.empty_the_queue()
        self.balance()

    # -- the abuse -------------------------------------------------------------------------------

    def points_are_exchanged(self) -> str:
        """Returns when the period began."""
        # Lawful exchanges of ids that were only abused later, before the period.
        portal.sends(self.town, [("exchange", "earlier", n, address(n)) for n in self.unused[:10]])
        period = datetime.datetime.fromtimestamp(math.ceil(time.time()), datetime.UTC)
        time.sleep(max(0.0, period.timestamp() - time.time()))
        notices = [("exchange", "abused", n, DROP if n in self.collected else address(n)) for n in self.exchanged]
        notices += [("exchange", "lawful", n, address(n)) for n in self.others]
        notices += [("exchange", "family", n, mailbox) for mailbox, members in self.families.items() for n in members]
        random.Random(7).shuffle(notices)
        portal.sends(self.town, notices)
        self.town.settle()
        self.clock.say(f"points of {EXCHANGED} abused and {OTHERS:,} other accounts exchanged")
        return period.isoformat()

    def the_drop_mailbox_is_found(self) -> None:
        found = [incident for incident in self.town.rows("incident", "list") if "check:fan-in" in incident["reasons"]]
        self.assertEqual({incident["recipients"] for incident in found}, {DROP})
        self.assertEqual(len(found), COLLECTED - FAN_IN)
        held = {to["address"] for mail in self.town.postfix.held() for to in mail["recipients"]}
        self.assertEqual(held, {DROP})
        rows = self.town.rows("account", "list", "--with-notice", "points-exchange")
        got = [row["account"] for row in rows if DROP in {notice["mailbox"] for notice in row["notices"]}]
        self.assertEqual(set(got), {account(n) for n in self.collected})
        self.clock.say(f"the drop mailbox found at its notice no. {FAN_IN + 1}, {len(held) - 1} false, "
                       f"with the {len(got)} accounts behind it")

    # -- the lock --------------------------------------------------------------------------------

    def lock(self) -> None:
        self.file = self.town.scratch.path / "abused.txt"
        self.file.write_text("".join(f"{account(n)}\n" for n in self.locked))
        begun = time.monotonic()
        told = self.town.tool("account", "lock", "--file", self.file, "--reason", "ポイントの不正利用の疑い",
                              "--for", "30d", "--ref", "INC-2014-07")
        self.assertEqual(told.returncode, 0, told)
        self.assertIn(f"locked {LOCKED} accounts", told.stdout)
        self.clock.say(f"{LOCKED:,} accounts locked from a file in {time.monotonic() - begun:.2f} s")

    def locked_send_nothing(self, sessions) -> None:
        for n, client in sessions.items():
            reply = self.town.send(client, "open session", address(n), REMOTE)
            if n in self.others:
                self.assertEqual(reply.code, 250, reply)
            else:
                self.assert_refused(reply)
        for reply in self.each_sends("of the locked", self.locked):
            self.assert_refused(reply)
        others = self.others[:LOCKED]
        self.assertEqual({reply.code for reply in self.each_sends("of others", others)}, {250})
        self.town.wait_for("of others", {"delivered": len(others)})
        self.clock.say(f"mail of {LOCKED:,} locked accounts refused, of {len(others):,} others delivered")

    def assert_refused(self, reply) -> None:
        self.assertEqual((reply.stage, reply.code // 100, reply.enhanced), ("mail", 5, "5.7.1"), reply)

    def abused_are_counted(self, period: str) -> None:
        self.assertEqual(len(self.town.rows("account", "list", "--locked")), LOCKED)
        rows = self.town.rows("account", "list", "--locked", "--with-notice", "points-exchange", "--since", period)
        self.assertEqual({row["account"] for row in rows}, {account(n) for n in self.exchanged})
        ever = self.town.rows("account", "list", "--locked", "--with-notice", "points-exchange")
        self.assertEqual(len(ever), EXCHANGED + 10)
        told = self.town.tool("account", "list", "--locked", "--with-notice", "points-exchange", "--since", period,
                              "--limit", 3).stdout
        self.assertIn(f"\n{EXCHANGED} accounts\n", told)
        self.clock.say(f"{LOCKED:,} accounts restricted, {len(rows)} of them with an exchange; as it is told:\n{told}")

    def notices_to_the_locked_are_held(self) -> None:
        some, others = self.exchanged[COLLECTED:][:10], self.others[:10]
        for kind, locked in (("exchange", "held"), ("reset", "held"), ("changed", "delivered")):
            flow = (f"{n:016x}" for n in range(100))
            portal.sends(self.town, [(kind, f"{kind} of a locked", n, address(n), next(flow)) for n in some])
            portal.sends(self.town, [(kind, f"{kind} of another", n, address(n), next(flow)) for n in others])
            self.town.wait_for(f"{kind} of a locked", {locked: len(some)})
            self.town.wait_for(f"{kind} of another", {"delivered": len(others)})

    def unlock(self) -> None:
        told = self.town.tool("account", "unlock", "--file", self.file, "--ref", "INC-2014-07", "--why", "new passwords")
        self.assertIn(f"unlocked {LOCKED} accounts", told.stdout)
        self.assertEqual(self.town.rows("account", "list", "--locked"), [])
        again = self.locked[:100]
        self.assertEqual({reply.code for reply in self.each_sends("unlocked", again)}, {250})
        self.town.wait_for("unlocked", {"delivered": len(again)})
        self.clock.say("unlocked, and they may send again")

    # -- what must hold --------------------------------------------------------------------------

    def balance(self) -> None:
        balance = self.town.balance()
        self.assertEqual(balance.wrong, [])
        self.assertEqual(balance.places, {
            "refused": LOCKED + 12, "held": COLLECTED - FAN_IN + 20,
            "delivered": balance.injected - LOCKED - 12 - (COLLECTED - FAN_IN) - 20}, balance)
        self.assertEqual(balance.by_kind["of the locked"], {"refused": LOCKED})
        self.assertEqual(balance.by_kind["abused"], {"delivered": EXCHANGED - COLLECTED + FAN_IN,
                                                     "held": COLLECTED - FAN_IN})
        for kind in ("lawful", "family", "earlier", "of others"):
            self.assertEqual(set(balance.by_kind[kind]), {"delivered"}, balance)
        self.clock.say(f"at the end: {balance}")

    def each_sends(self, kind: str, numbers) -> list:
        return self.town.each_sends(kind, ((n, address(n), REMOTE) for n in numbers))


if __name__ == "__main__":
    live.main()
