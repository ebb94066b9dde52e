#!/usr/bin/env python3
"""December 2011: 14,000 of 1,000,000 addresses change places in the directory while mail flows.

Nothing may be accepted from a swapped address or delivered to one, through whatever door; all other
mail passes; and when the directory is mended everything that waited arrives. Runs at a fiftieth of
the size; tests/replay/full runs it whole.
"""
import itertools
import random
import threading
import time
import unittest

import town
from harness import live
from subscribers import account, address

COUNT, SWAPPED = (1_000_000, 14_000) if town.FULL else (20_000, 280)
LISTS = "lists.example.jp"
REMOTE = "friend@example.net"
AGAIN = {450, 451}  # 450 is Postfix's own word for it, where it asked transport_maps first


class Swap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.clock = town.Stopwatch()
        # Known before the directory is made, since Postfix needs aliases and logins at its start.
        dice = random.Random(2011)
        cls.swapped = dice.sample(range(COUNT), SWAPPED)
        cls.others = sorted(set(range(0, COUNT, max(1, COUNT // (2 * SWAPPED)))) - set(cls.swapped))[:SWAPPED]
        cls.open_sessions = cls.swapped[:12] + cls.others[:4]
        aliases = {}
        for n, (one, other) in enumerate(zip(cls.swapped[20:60], cls.others[20:60])):
            aliases[f"alias{n}@{LISTS}"] = [address(one)]
            aliases[f"list{n}@{LISTS}"] = [address(one), address(other)]
        cls.town = town.Town(count=COUNT, swapped=cls.swapped, logins=[account(n) for n in cls.open_sessions],
                             settings=SETTINGS, aliases=aliases)
        cls.addClassCleanup(cls.town.close)

    def test_story(self):
        self.fill_the_ledger()
        self.ordinary_day()
        self.mail_waits_in_the_queue()
        sessions = {n: self.town.client(n) for n in self.open_sessions}
        for client in sessions.values():
            self.addCleanup(client.close)
        begun = self.transactions_begun(sessions)
        self.swap_while_mail_flows()
        self.finish(begun)
        self.nobody_swapped_sends(sessions)
        self.nobody_swapped_receives()
        self.aliases_and_lists()
        self.the_queue_is_tried_again()
        self.check("while the directory is wrong")
        self.mend()
        self.check("at the end")
        final = self.town.balance()
        # Of those whose sender was turned away: a mail program asks its user, it does not try again.
        waiting = final.by_kind["swapped sender"]
        self.assertEqual(waiting, {"deferred": 24}, final)
        self.assertEqual(final.places["delivered"], final.injected - 24, final)

    # -- before ----------------------------------------------------------------------------------

    def fill_the_ledger(self) -> None:
        told = self.town.tool("bind", "import")
        self.assertEqual(told.returncode, 0, told)
        self.clock.say(f"{COUNT:,} addresses imported")
        self.town.open()

    def ordinary_day(self) -> None:
        """Mail to those who will be swapped and to others passes."""
        jobs = [*self.swapped[:150], *self.others[:150]]
        self.town.side_by_side(jobs, lambda client, n: self.town.send(client, "before", REMOTE, address(n)))
        self.assertEqual({entry.answer for entry in self.town.books.entries("before")}, {250})
        self.town.wait_for("before", {"delivered": 300})

    def mail_waits_in_the_queue(self) -> None:
        """Mail that was accepted before, and waits since the mail store was down for a while."""
        waiting = [*self.swapped[:40], *self.others[:40]]
        self.town.sink.parked |= {address(n) for n in itertools.chain(waiting, self.swapped[20:60], self.others[20:60])}
        self.town.side_by_side(waiting, lambda client, n: self.town.send(client, "queued before", REMOTE, address(n)))
        lists = [name for n in range(10) for name in (f"alias{n}@{LISTS}", f"list{n}@{LISTS}")]
        self.town.side_by_side(lists, lambda client, to: self.town.send(client, "queued before, list", REMOTE, to))
        self.town.settle()
        waits = self.town.balance()
        self.assertEqual(waits.by_kind["queued before"]["queued"], 80, waits)
        self.assertEqual(waits.by_kind["queued before, list"]["queued"], 30, waits)

    def transactions_begun(self, sessions):
        """Transactions whose recipient was accepted before the swap and whose mail comes after."""
        begun = []
        for kind, sender, clients in (
                ("in hand, submission", None, {n: sessions[n] for n in self.others[:4]}),
                ("in hand, mx", REMOTE, {n: self.town.client() for n in self.others[4:8]})):
            for (n, client), to in zip(clients.items(), self.swapped[100:]):
                self.addCleanup(client.close)
                origin = sender or address(n)
                self.assertEqual(client.command("mail", f"MAIL FROM:<{origin}>").code, 250)
                self.assertEqual(client.command("rcpt", f"RCPT TO:<{address(to)}>").code, 250)
                begun.append((kind, client, origin, address(to)))
        return begun

    # -- the swap --------------------------------------------------------------------------------

    def swap_while_mail_flows(self) -> None:
        done, numbers = threading.Event(), itertools.count()
        lock, errors = threading.Lock(), []

        def flow():
            try:
                with self.town.client() as client:
                    while not done.is_set():
                        with lock:
                            n = next(numbers)
                        # One in four to somebody who is about to be swapped.
                        to = self.swapped[n % SWAPPED] if n % 4 == 0 else self.others[n % len(self.others)]
                        kind = "flow, swapped" if n % 4 == 0 else "flow, other"
                        self.town.send(client, kind, REMOTE, address(to))
            except Exception as error:
                errors.append(error)
        crew = [threading.Thread(target=flow) for _ in range(4)]
        for thread in crew:
            thread.start()
        time.sleep(2)
        self.town.swap()
        self.clock.say(f"{SWAPPED:,} addresses swapped while mail flows")
        time.sleep(3)
        done.set()
        for thread in crew:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual({entry.answer for entry in self.town.books.entries("flow, other")}, {250})
        to_swapped = self.town.books.entries("flow, swapped")
        self.assertLessEqual({entry.answer for entry in to_swapped}, {250} | AGAIN)
        late = [entry for entry in to_swapped
                if entry.answer == 250 and entry.when > self.town.swapped_at + town.IN_FLIGHT]
        self.assertEqual(late, [])

    def finish(self, begun) -> None:
        for kind, client, sender, to in begun:
            token = self.town.books.new(kind, sender, [to])
            self.assertEqual(client.command("data", "DATA").code, 354)
            reply = client.end(f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {token}\r\n\r\nbody\r\n".encode())
            self.town.books.answered(token, [to], reply.code, reply.text)
            # From another MTA it comes again; from a user the mail is kept, since programs lose it.
            self.assertEqual(reply.code, 451 if kind.endswith("mx") else 250, reply)

    # -- after -----------------------------------------------------------------------------------

    def nobody_swapped_sends(self, sessions) -> None:
        """Over sessions that were open before, and as either of the two addresses."""
        for n, client in sessions.items():
            if n in self.others:
                reply = self.town.send(client, "other sender", address(n), REMOTE)
                self.assertEqual(reply.code, 250, reply)
                continue
            has = next(whose for whose, now in self.town.directory.moved.items() if now == n)
            for origin in (address(n), address(has)):
                reply = self.town.send(client, "swapped sender", origin, REMOTE)
                self.assertEqual((reply.stage, reply.code), ("mail", 451), reply)

    def nobody_swapped_receives(self) -> None:
        self.town.side_by_side(self.swapped, lambda client, n: self.town.send(client, "to swapped", REMOTE, address(n)))
        self.assertLessEqual({entry.answer for entry in self.town.books.entries("to swapped")}, AGAIN)
        self.town.side_by_side(self.others, lambda client, n: self.town.send(client, "to others", REMOTE, address(n)))
        self.assertEqual({entry.answer for entry in self.town.books.entries("to others")}, {250})
        self.clock.say(f"{SWAPPED:,} mails to swapped addresses deferred, {len(self.others):,} to others accepted")

    def aliases_and_lists(self) -> None:
        jobs = [name for n in range(20, 40) for name in (f"alias{n}@{LISTS}", f"list{n}@{LISTS}")]
        self.town.side_by_side(jobs, lambda client, to: self.town.send(client, "by alias or list", REMOTE, to))
        self.assertEqual({entry.answer for entry in self.town.books.entries("by alias or list")}, {250})

    def the_queue_is_tried_again(self) -> None:
        self.town.sink.parked.clear()
        self.town.postfix.flush()
        places = {"by alias or list": {"queued": 40, "delivered": 20}, "queued before": {"queued": 40, "delivered": 40},
                  "queued before, list": {"queued": 20, "delivered": 10}}
        for kind, wanted in places.items():
            self.town.wait_for(kind, wanted)
        self.town.postfix.flush()  # and once more: those that wait were not just too late
        self.town.settle()
        now = self.town.balance()
        self.assertEqual({kind: now.by_kind[kind] for kind in places}, places, now)

    def mend(self) -> None:
        self.town.mend()
        self.clock.say("the directory is mended")
        self.town.try_again(lambda entry: entry.kind != "swapped sender")
        with self.town.client(self.swapped[0]) as client:  # who was turned away may send again
            self.assertEqual(self.town.send(client, "after", address(self.swapped[0]), REMOTE).code, 250)
        held = [mail["queue_id"] for mail in self.town.postfix.held()]
        self.assertEqual(len(held), 4)
        for queue_id in held:
            told = self.town.tool("incident", "release", queue_id)
            self.assertEqual(told.returncode, 0, told)
        self.town.empty_the_queue()

    # -- what must hold --------------------------------------------------------------------------

    def check(self, when: str) -> None:
        rightful = {address(n): account(n) for n in range(COUNT)} | {REMOTE: ""}
        wrong, in_flight = self.town.judge_swap(rightful.get)
        self.assertEqual(wrong, [])
        balance = self.town.balance()
        self.assertEqual(balance.wrong, [])
        self.clock.say(f"{when}: {in_flight}; {balance}")


SETTINGS = {"listeners": [
    {"name": "submission", "daemon_name": "submission", "submission": True, "require_account": True},
    {"name": "lease", "daemon_name": "lease", "submission": True, "require_account": True},
    {"name": "mx", "daemon_name": ""}]}


if __name__ == "__main__":
    live.main()
