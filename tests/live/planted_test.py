#!/usr/bin/env python3
"""Rows of a member table, planted in mails of every form, through Postfix and a daemon that has their index.

Two cells of one row in a line: the mail is held, and the event names the row by its handle. Cells of
different rows, or one alone: delivered as it came. The index is replaced while mail flows. No cell
stands in any log, event, reply, store or index.
"""
import collections
import pathlib
import random
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, planted, rules, scratch  # noqa: E402

TANAKA = "tanaka@example.jp"
ROWS = 20_000
LOOK = 3.0  # seconds; the daemon looks for a new index every second
MEMBERS = [planted.rows(ROWS, seed) for seed in (0, 1)]
SETTINGS = {"records.indexes": ["@folder@/state/members.idx"], "records.key_file": "@folder@/state/records.key",
            "breaker.account_alarms": 1_000_000}


class Indexed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        # Apart from the gateway's own files, in which no cell may be found.
        cls.service = scratch.Scratch("warifu-planted-")
        cls.addClassCleanup(cls.service.remove)
        (cls.service.path / "schema.toml").write_text(planted.SCHEMA)
        for seed, members in enumerate(MEMBERS):
            planted.write_table(cls.service.path / f"members{seed}.csv", members)
        cls.planted: list[planted.Planted] = []
        cls.gateway = gateway.for_class(cls, SETTINGS, users=[TANAKA], table=f"{TANAKA} {TANAKA}\n",
                                        patterns=rules.text(), before=cls.index)
        cls.addClassCleanup(cls.no_cell_got_out)

    @classmethod
    def index(cls, warifu, seed: int = 0) -> None:
        told = warifu.tool("records", "index", "--config", warifu.config, "--output", warifu.folder / "state/members.idx",
                           cls.service.path / "schema.toml", cls.service.path / f"members{seed}.csv")
        assert told.returncode == 0, told

    @classmethod
    def no_cell_got_out(cls) -> None:
        members = {row for mail in cls.planted for row in mail.rows}
        for place, text in cls.gateway.outputs().items():
            if cells := planted.cells_in(text, members):
                raise AssertionError(f"cells got out: {place}: {sorted(cells)[:20]}")

    def make(self, dice: random.Random, kind: str, form: planted.Form, to: str, seed: int = 0) -> planted.Planted:
        mail = planted.plant(dice, kind, form, MEMBERS[seed], TANAKA, to)
        self.planted.append(mail)
        return mail

    def send_all(self, kind: str) -> dict[str, planted.Planted]:
        """One mail of each form; by recipient."""
        dice = random.Random(f"live {kind}")
        mails = [self.make(dice, kind, form, f"{kind}{number}@example.net") for number, form in enumerate(planted.forms())]
        with self.gateway.client(TANAKA) as client:
            for mail in mails:
                reply = client.send(TANAKA, mail.to, mail.raw)
                self.assertEqual(reply.code, 250, reply)
                client.reset()
        self.gateway.postfix.drain()
        return {mail.to: mail for mail in mails}

    def events_to(self, mails) -> dict[str, dict]:
        found = {event["recipients"][0]: event for event in self.gateway.warifu.events() if event["recipients"][0] in mails}
        self.assertEqual(found.keys(), mails.keys())
        return found


class EveryForm(Indexed):
    def test_two_cells_of_a_row_are_held(self):
        mails = self.send_all("leak")
        for to, event in self.events_to(mails).items():
            with self.subTest(form=mails[to].form):
                self.assertEqual(event["action"], "hold", event)
                self.assertEqual({finding["rule"] for finding in event["findings"]}, {planted.INDEX})
                self.assertEqual({finding["owner"] for finding in event["findings"]}, mails[to].wanted)
        held = {mail["recipients"][0]["address"] for mail in self.gateway.postfix.held()}
        self.assertEqual(held & mails.keys(), mails.keys())
        self.assertEqual([mail for mail in self.gateway.sink.mails() if mail.recipients[0] in mails], [])

    def test_cells_of_different_rows_pass(self):
        self.untouched("crossed")

    def test_one_cell_alone_passes(self):
        self.untouched("single")

    def untouched(self, kind: str) -> None:
        mails = self.send_all(kind)
        for to, event in self.events_to(mails).items():
            with self.subTest(form=mails[to].form):
                self.assertEqual((event["action"], event["findings"], event["faults"]), ("accept", [], []), event)
        arrived = collections.Counter(mail.recipients[0] for mail in self.gateway.sink.mails() if mail.recipients[0] in mails)
        self.assertEqual(arrived, collections.Counter(mails.keys()))
        for mail in self.gateway.sink.mails():
            if mail.recipients[0] in mails:
                self.assertEqual(mail.body, mails[mail.recipients[0]].raw.partition(b"\r\n\r\n")[2])
                self.assertEqual(mail.fields("X-Warifu"), [])


class Replaced(Indexed):
    def test_replaced_while_mail_flows(self):
        """Rows of the old table are found before, those of the new one after; no mail waits or is lost."""
        sent: dict[str, tuple[int, float, float]] = {}  # recipient → whose rows, begun, answered
        over = threading.Event()
        threads = [threading.Thread(target=self.keep_sending, args=(number, sent, over)) for number in range(3)]
        replaced = [(0, 0.0, 0.0)]  # whose index; when the command that made it began, and when it had ended
        for thread in threads:
            thread.start()
        try:
            for seed in (1, 0, 1):
                time.sleep(LOOK + 1)
                begun = time.monotonic()
                self.index(self.gateway.warifu, seed)
                replaced.append((seed, begun, time.monotonic()))
            time.sleep(LOOK + 1)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.gateway.postfix.drain()
        held = {mail["recipients"][0]["address"] for mail in self.gateway.postfix.held()}
        arrived = collections.Counter(mail.recipients[0] for mail in self.gateway.sink.mails())
        self.assertEqual(held | arrived.keys(), sent.keys())
        self.assertEqual((held & arrived.keys(), set(arrived.values())), (set(), {1}))
        counts = collections.Counter()
        for to, (seed, begun, answered) in sent.items():
            wanted = self.in_force(replaced, begun, answered)
            where = "held" if to in held else "delivered"
            if wanted is not None:
                self.assertEqual(where, "held" if wanted == seed else "delivered", (to, seed, begun, replaced))
            counts["in between" if wanted is None else where] += 1
        for event in self.gateway.warifu.events():
            self.assertEqual(event["faults"], [], event)
        self.assertGreater(min(counts["held"], counts["delivered"]), 20, counts)
        print(f"{len(sent)} mails, the index replaced {len(replaced) - 1} times: {dict(counts)}")

    def keep_sending(self, thread: int, sent: dict, over: threading.Event) -> None:
        dice, forms = random.Random(thread), planted.forms()
        with self.gateway.client(TANAKA) as client:
            for number in range(10**6):
                if over.is_set():
                    return
                seed, to = number % 2, f"flow{thread}.{number}@example.net"
                mail = self.make(dice, "leak", dice.choice(forms), to, seed)
                begun = time.monotonic()
                reply = client.send(TANAKA, to, mail.raw)
                sent[to] = seed, begun, time.monotonic()
                if reply.code != 250:
                    raise AssertionError(reply)
                client.reset()
                time.sleep(0.02)

    @staticmethod
    def in_force(replaced, begun: float, answered: float) -> int | None:
        """Whose index judged a mail; None where it came while one was being replaced."""
        ends = [next_begun for _, next_begun, _ in replaced[1:]] + [float("inf")]
        for (seed, _, ended), until in zip(replaced, ends):
            if ended + (LOOK if ended else 0) <= begun and answered <= until:
                return seed
        return None


if __name__ == "__main__":
    live.main()
