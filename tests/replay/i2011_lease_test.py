#!/usr/bin/env python3
"""December 2011, as a mobile carrier has it: who somebody is, the address of his phone says.

14,000 of 1,000,000 addresses change places in the directory, and sessions that come up again after
a failure leave the leases of addresses in disorder: two open ones on one address, ends that got
lost, leases of somebody else. Nothing is accepted from a swapped address or delivered to one, and
nothing from a phone that cannot be told or is taken for another; all others go on. Runs at a
fiftieth of the size; tests/replay/full runs it whole.
"""
import random
import time
import unittest

import town
from harness import live
from subscribers import account, address

COUNT, SWAPPED, OTHERS, ODD = (1_000_000, 14_000, 2_000, 500) if town.FULL else (20_000, 280, 100, 20)
REMOTE = "friend@example.net"
AGAIN = {450, 451}
OLD = 2 * 3600  # seconds, twice lease.stale_after


class SwapByLease(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.clock = town.Stopwatch()
        numbers = random.Random(20111220).sample(range(COUNT), SWAPPED + OTHERS + 5 * ODD)
        cls.swapped, cls.others, numbers = numbers[:SWAPPED], numbers[SWAPPED:-5 * ODD], numbers[-5 * ODD:]
        # Phones after the failure: with leases of two, with none that is fresh, with one that a lost
        # end left beside the fresh one, with another's; and those whose they are.
        cls.doubled, cls.stale, cls.leftover, cls.strange, cls.their = (
            numbers[n * ODD:(n + 1) * ODD] for n in range(5))
        cls.town = town.Town(count=COUNT, swapped=cls.swapped, logins=[], aliases={}, settings=SETTINGS, leases=True)
        cls.addClassCleanup(cls.town.close)
        cls.town.leases.start((n, n) for n in [*cls.swapped, *cls.others, *numbers])
        told = cls.town.tool("bind", "import")
        assert told.returncode == 0, told
        cls.town.open()
        cls.clock.say(f"{COUNT:,} addresses imported")

    def test_story(self):
        all_sorts = [*self.swapped[:100], *self.others[:100], *self.doubled, *self.stale, *self.leftover, *self.strange]
        self.assertEqual(self.codes("before", ((n, address(n), REMOTE) for n in all_sorts)), {("end", 250)})
        self.town.wait_for("before", {"delivered": len(all_sorts)})
        sessions = {n: self.town.client(n, "lease") for n in [*self.swapped[:12], *self.others[:4]]}
        for client in sessions.values():
            self.addCleanup(client.close)
        self.town.swap()
        self.clock.say(f"{SWAPPED:,} addresses swapped")
        self.over_open_sessions(sessions)
        self.nobody_swapped_sends()
        self.nobody_swapped_receives()
        self.leases_in_disorder()
        self.check("while all is wrong")
        self.mend()
        self.check("at the end")

    # -- the swap --------------------------------------------------------------------------------

    def over_open_sessions(self, sessions) -> None:
        for n, client in sessions.items():
            reply = self.town.send(client, "open session", address(n), REMOTE)
            self.assertEqual((reply.stage, reply.code), ("end", 250) if n in self.others else ("mail", 451), reply)

    def nobody_swapped_sends(self) -> None:
        """As the address that was his, and as the one that is said to be his now."""
        now_his = {now: whose for whose, now in self.town.directory.moved.items()}
        for whose in (lambda n: n, now_his.get):
            codes = self.codes("from swapped", ((n, address(whose(n)), REMOTE) for n in self.swapped))
            self.assertEqual(codes, {("mail", 451)})
        codes = self.codes("from others", ((n, address(n), REMOTE) for n in self.others))
        self.assertEqual(codes, {("end", 250)})
        self.clock.say(f"{len(self.swapped):,} swapped phones turned away twice, {len(self.others):,} others served")

    def nobody_swapped_receives(self) -> None:
        senders = [self.others[n % OTHERS] for n in range(SWAPPED)]
        codes = self.codes("to swapped", ((n, address(n), address(to)) for n, to in zip(senders, self.swapped)))
        self.assertLessEqual(codes, {("rcpt", code) for code in AGAIN})
        codes = self.codes("to others", ((n, address(n), address(to)) for n, to in zip(self.others, self.others[1:])))
        self.assertEqual(codes, {("end", 250)})
        self.clock.say(f"{SWAPPED:,} mails of phones to swapped addresses turned away, to others delivered")

    # -- the leases ------------------------------------------------------------------------------

    def leases_in_disorder(self) -> None:
        leases, pairs = self.town.leases, list(zip(self.strange, self.their))
        leases.start(zip(self.doubled, self.their))  # beside the one of before, which never ended
        leases.stop([*self.stale, *self.strange])
        leases.start(((n, n) for n in self.stale), age=OLD)
        leases.start(zip(self.leftover, self.their), age=OLD)  # somebody had it before and it never ended
        leases.start(pairs)
        # Two fresh leases are no identity, as whomever he sends.
        for whose in (lambda one, other: one, lambda one, other: other):
            codes = self.codes("two leases", ((one, address(whose(one, other)), REMOTE)
                                              for one, other in zip(self.doubled, self.their)))
            self.assertEqual(codes, {("mail", 451)})
        # No fresh one: nobody, which this listener refuses, or defers where it is told so.
        stale = [(n, address(n), REMOTE) for n in self.stale]
        self.assertEqual(self.codes("stale lease", stale), {("mail", 530)})
        self.town.reconfigure(checks__session__action="defer")
        self.assertEqual(self.codes("stale lease, deferred", stale), {("mail", 451)})
        self.town.reconfigure(checks__session__action="reject")
        # The fresh one counts, and not what is left beside it.
        codes = self.codes("beside a stale lease", ((n, address(n), REMOTE) for n in self.leftover))
        self.assertEqual(codes, {("end", 250)})
        codes = self.codes("as a stale lease says", ((n, address(other), REMOTE)
                                                     for n, other in zip(self.leftover, self.their)))
        self.assertEqual(codes, {("mail", 553)})
        # Taken for another, he cannot send as himself.
        self.assertEqual(self.codes("another's lease", ((n, address(n), REMOTE) for n, _ in pairs)), {("mail", 553)})
        self.clock.say(f"{ODD} phones each with two leases, stale ones, and those of others: nothing accepted as theirs")

    def mend(self) -> None:
        self.town.mend()
        odd = [*self.doubled, *self.stale, *self.leftover, *self.strange]
        self.town.leases.stop(odd)
        self.town.leases.start((n, n) for n in odd)
        self.clock.say("directory and leases are mended")
        again = [self.swapped[n] for n in range(0, SWAPPED, max(1, SWAPPED // 500))] + odd
        self.assertEqual(self.codes("after", ((n, address(n), REMOTE) for n in again)), {("end", 250)})
        # Mail programs try again when their users do.
        waiting = [entry for entry in self.town.books.entries("to swapped")]

        def send(_, entry):
            with self.town.client(int(entry.sender[4:11]), "lease") as client:
                self.town.send(client, entry.kind, entry.sender, entry.mailbox, entry.token)
        end = time.monotonic() + town.PATIENCE
        while waiting and time.monotonic() < end:
            self.town.side_by_side(waiting, send)
            waiting = [entry for entry in waiting if entry.answer != 250]
        self.assertEqual(waiting, [])
        self.town.empty_the_queue()
        balance = self.town.balance()
        self.assertEqual(balance.by_kind["to swapped"], {"delivered": SWAPPED}, balance)
        self.assertEqual(balance.places, {
            "deferred": 12 + 2 * SWAPPED + 3 * ODD, "refused": 3 * ODD,
            "delivered": balance.injected - 12 - 2 * SWAPPED - 6 * ODD}, balance)

    # -- what must hold --------------------------------------------------------------------------

    def codes(self, kind: str, jobs) -> set[tuple[str, int]]:
        return {(reply.stage, reply.code) for reply in self.town.each_sends(kind, jobs, "lease")}

    def check(self, when: str) -> None:
        rightful = {address(n): account(n) for n in range(COUNT)} | {REMOTE: ""}
        self.town.settle()
        wrong, in_flight = self.town.judge_swap(rightful.get)
        self.assertEqual(wrong, [])
        balance = self.town.balance()
        self.assertEqual(balance.wrong, [])
        self.clock.say(f"{when}: {in_flight}; {balance}")


SETTINGS = {"lease.stale_after": "1h", "listeners": [
    {"name": "lease", "daemon_name": "lease", "submission": True, "require_account": True},
    {"name": "mx", "daemon_name": ""}]}


if __name__ == "__main__":
    live.main()
