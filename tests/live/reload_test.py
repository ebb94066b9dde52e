#!/usr/bin/env python3
"""Reloads under full load: every mail is judged by one whole set of rules and settings, old or new.

Two configurations take turns. Each has two rules of its own, which find their markers in every mail, and
its own action for them: by one the mail is tagged and goes on, by the other it is refused. A mail that met
half of each would show a wrong pair of rules, or the action of the other. Every fifth configuration is
broken and must be refused while the one before it serves.

WARIFU_RELOAD_SECONDS: for how long (8); WARIFU_RELOAD_PAUSE: seconds between two reloads (0.3).
"""
import collections
import os
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, scratch  # noqa: E402

TANAKA = "tanaka@example.jp"
TABLE = f"{TANAKA} {TANAKA}\n"
SECONDS = float(os.environ.get("WARIFU_RELOAD_SECONDS", "8"))
PAUSE = float(os.environ.get("WARIFU_RELOAD_PAUSE", "0.3"))
CLIENTS = 4
ACTION = {"a": "tag", "b": "reject"}
CODE = {"a": 250, "b": 550}
SECRETS = [f"{letter}{number}-token-7c3e91" for letter in "ab" for number in (1, 2)]
BROKEN = "[[rules]]\nid = \"broken\"\nregex = '''('''\n"


def ids(letter: str) -> set[str]:
    return {f"{letter}1", f"{letter}2"}


def rules(letter: str) -> str:
    """Without an action: that is the configuration's."""
    return "\n".join(f"""\
[[rules]]
id = "{name}"
description = "A marker"
regex = '''({name}-token-[0-9a-f]{{6}})'''
secretGroup = 1
keywords = ["{name}-token-"]
[rules.mail]
severity = "high"
matches = ["{name}-token-abcdef"]
misses = ["{name}-token-none"]
""" for name in sorted(ids(letter)))


def settings(letter: str) -> dict:
    # So many leaks would stop the account, which is not what is asked here.
    return {"rules.actions.high": ACTION[letter], "breaker.account_alarms": 1_000_000}


class ReloadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, settings("a"), users=[TANAKA], table=TABLE, patterns=rules("a"),
                                        secrets=SECRETS)
        cls.warifu = cls.gateway.warifu

    def setUp(self):
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.codes: dict[str, int] = {}     # recipient → reply code
        self.errors: list[str] = []

    def send(self, number: int) -> None:
        count = 0
        while not self.stop.is_set():
            try:
                with self.gateway.client(TANAKA) as client:
                    for _ in range(10):
                        count += 1
                        mail = mails.Mail(TANAKA, f"c{number}-{count}@example.net", ["本文", *SECRETS])
                        code = client.send(TANAKA, mail.to, mail.raw()).code
                        with self.lock:
                            self.codes[mail.to] = code
                        if self.stop.is_set():
                            break
            except Exception as error:
                with self.lock:
                    self.errors.append(repr(error))

    def reload(self, letter: str) -> None:
        self.warifu.configure(settings(letter))
        (self.warifu.patterns / "live.toml").write_text(rules(letter))
        told = self.warifu.reload()
        self.assertEqual(told.returncode, 0, told.stderr)
        for name in ids("a") | ids("b"):
            self.assertIn(name, told.stdout)
        self.assertIn("actions.high", told.stdout)

    def refuse(self, serving: str) -> None:
        (self.warifu.patterns / "live.toml").write_text(rules(serving) + BROKEN)
        told = self.warifu.reload()
        self.assertEqual(told.returncode, 2, told.stdout)
        self.assertRegex(told.stderr, r"live\.toml:\d+")

    def test_every_mail_is_judged_by_one_whole_set(self):
        threads = [threading.Thread(target=self.send, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        reloads = refused = 0
        try:
            scratch.wait_until(lambda: len(self.codes) >= 5, 30, "the first mails")
            serving, end = "a", time.monotonic() + SECONDS
            while time.monotonic() < end:
                if (reloads + refused) % 5 == 4:
                    self.refuse(serving)
                    refused += 1
                else:
                    serving = "b" if serving == "a" else "a"
                    self.reload(serving)
                    reloads += 1
                time.sleep(PAUSE)
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(self.errors, [])
        self.assertLessEqual(set(self.codes.values()), set(CODE.values()), collections.Counter(self.codes.values()))
        self.assertGreater(refused, 0)
        events = scratch.wait_until(lambda: (e := self.warifu.events())[len(self.codes) - 1:] and e, 30, "all events")
        by_recipient = {event["recipients"][0]: event for event in events}
        self.assertEqual(set(by_recipient), set(self.codes))
        sets, versions = collections.Counter(), {"a": set(), "b": set()}
        for recipient, event in by_recipient.items():
            found = {finding["rule"] for finding in event["findings"]}
            letter = min(found)[0]
            self.assertEqual(found, ids(letter), event)
            self.assertEqual(event["action"], ACTION[letter], event)
            self.assertEqual(self.codes[recipient], CODE[letter], event)
            self.assertEqual(event["faults"], [], event)
            versions[letter].add(event["rules_version"])
            sets[letter] += 1
        self.assertTrue(all(len(each) == 1 for each in versions.values()), versions)
        self.assertGreater(min(sets.values()), 0)
        accepted = {recipient for recipient, code in self.codes.items() if code == 250}
        scratch.wait_until(lambda: len(self.gateway.sink.mails()) >= len(accepted), 30, "all accepted mail at the sink")
        arrived = [recipient for mail in self.gateway.sink.mails() for recipient in mail.recipients]
        self.assertEqual(collections.Counter(arrived), collections.Counter(accepted))
        print(f"    {reloads} reloads and {refused} refused ones in {SECONDS:.0f} s: {len(self.codes)} mails, "
              f"{sets['a']} judged by the one set, {sets['b']} by the other, none by half of each")


if __name__ == "__main__":
    live.main()
