#!/usr/bin/env python3
"""February 2012: a password reset that is begun with one's own address and ended with another's.

236 crossed resets stand among 10,000 normal ones. Each is found at its completion, none of the
normal ones is; mail to the victims is deferred until a person has settled it; and 10,000 forged
notices from outside change nothing. Runs at a fortieth of the size; tests/replay/full runs it whole.
"""
import itertools
import random
import unittest

import portal
import town
from harness import live
from subscribers import account, address

NORMAL, CROSSED, FORGED = (10_000, 236, 10_000) if town.FULL else (250, 6, 250)
REMOTE = "friend@example.net"
SETTINGS = {"listeners": [{"name": "mx", "daemon_name": ""}]}


class CrossedResets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.clock = town.Stopwatch()
        cls.town = town.Town(count=NORMAL + 2 * CROSSED, swapped=[], logins=[], aliases={}, settings=SETTINGS,
                             notices=portal.NOTICES)
        cls.addClassCleanup(cls.town.close)
        told = cls.town.tool("bind", "import")
        assert told.returncode == 0, told
        cls.town.open()

    def test_story(self):
        dice = random.Random(2012)
        # (who asked, whose password was changed): the same but for the crossed ones.
        pairs = [(n, n) for n in range(NORMAL)] + [(NORMAL + 2 * n, NORMAL + 2 * n + 1) for n in range(CROSSED)]
        flows = [(begin, end, f"{dice.getrandbits(64):016x}") for begin, end in pairs]
        dice.shuffle(flows)
        victims = {end for begin, end, _ in flows if begin != end}

        self.forge(flows)
        portal.sends(self.town, (("reset", "reset", begin, address(begin), flow) for begin, _, flow in flows))
        portal.sends(self.town, (("changed", "changed", end, address(end), flow) for _, end, flow in flows))
        self.town.settle()
        self.clock.say(f"{NORMAL:,} normal and {CROSSED} crossed resets sent")

        held = {to["address"] for mail in self.town.postfix.held() for to in mail["recipients"]}
        self.assertEqual(held, {address(n) for n in victims})
        balance = self.town.balance()
        self.assertEqual(balance.wrong, [])
        self.assertEqual(balance.by_kind["reset"], {"delivered": len(flows)}, balance)
        self.assertEqual(balance.by_kind["changed"], {"delivered": NORMAL, "held": CROSSED}, balance)
        disputes = self.town.rows("bind", "disputes")
        self.assertLessEqual({address(n) for n in victims}, {dispute["address"] for dispute in disputes})
        self.clock.say(f"{len(held)} found, {len(held - {address(n) for n in victims})} false: {balance}")
        self.victims_get_no_mail_until_settled(victims)

    def forge(self, flows) -> None:
        """Strangers who know every flow: their look-alikes change nothing."""
        jobs = list(itertools.islice(itertools.cycle(flows), FORGED))

        def send(client, job):
            begin, end, flow = job
            other = address((end + 1) % NORMAL)
            token = self.town.books.new("forged", portal.SENDER, [other])
            reply = client.send(portal.SENDER, other, portal.notice("changed", token, account(end), other, "UTF-8", flow))
            self.town.books.answered(token, [other], reply.code, reply.text)
        self.town.side_by_side(jobs, send)
        self.assertEqual(self.town.rows("bind", "disputes"), [])
        self.assertEqual(self.town.postfix.held(), [])

    def victims_get_no_mail_until_settled(self, victims) -> None:
        def send(client, number):
            self.town.send(client, "to victim", REMOTE, address(number))
        self.town.side_by_side(sorted(victims), send)
        self.assertLessEqual({entry.answer for entry in self.town.books.entries("to victim")}, {450, 451})
        for number in sorted(victims):
            told = self.town.tool("bind", "resolve", address(number), "--owner", account(number), "--ref", "CS-1")
            self.assertEqual(told.returncode, 0, told)
        self.town.try_again(lambda entry: entry.kind == "to victim")
        self.town.wait_for("to victim", {"delivered": len(victims)})
        self.clock.say(f"mail to {len(victims)} victims deferred, and delivered after `bind resolve`")


if __name__ == "__main__":
    live.main()
