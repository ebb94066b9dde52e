#!/usr/bin/env python3
"""July and December 2013: an intruder takes addresses and hashes out of a login server and mails them away.

Every dump that he sends is found, in 15 formats of hashes and as plain passwords of 6 to 32
characters, as text, HTML, CSV, TSV, SQL, JSON and LDIF; the events count its rows and the accounts
they are of, and it is held or refused as the rules say. The breaker of each account that he uses
opens at the threshold; from then on nothing of it leaves, until a person closes it. Ordinary mail of
others, in the same stream, arrives as it was. Runs with some thousand rows; tests/replay/full runs
it with the four million of that July.
"""
import collections
import contextlib
import itertools
import json
import math
import random
import sqlite3
import threading
import unittest

import books
import dumps
import hashes
import town
from harness import gateway, live, scratch

KINDS = [*hashes.FORMATS, "password"]
DUMPS = len(KINDS) * len(dumps.FORMS)
# Rows of a dump; values of each slow format; ordinary mails, and the accounts that send them.
ROWS, STORE, LETTERS, STAFF = (-(-4_000_000 // DUMPS), 2_000, 3_000, 200) if town.FULL else (8, 200, 60, 12)
LARGE = {} if town.FULL else {"CSV with heading, UTF-8": 130, "plain body, ISO-2022-JP": 104}  # above what events list one by one
# The share of rows that may be missed: a password that looks like a stand-in ("<…>", "xxxxx") is let pass,
# and so is, among millions, a hash in base64 in which such letters stand by chance.
MISSED_PASSWORDS, MISSED_HASHES = 0.05, 0.001 if town.FULL else 0
OPS = "ops.example.jp"
ALERTS = "alerts@soc.example.net"
ALARMS = len(dumps.FORMS)  # breaker.account_alarms: each account can send its dumps, and then no more
DOMAIN_ACCOUNTS = 10
BOSS = f"boss@{OPS}"
QUERY = "SELECT login FROM owners WHERE address = :address"


def intruder(kind: str) -> str:
    """The service account that he uses for dumps of that kind."""
    return f"svc-{kind}@{OPS}"


class Dumps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.clock = town.Stopwatch()
        cls.members = dumps.Members(STORE)
        cls.sizes = {(kind, form): LARGE.get(form, ROWS) for kind in KINDS for form in dumps.FORMS}
        starts = itertools.accumulate(cls.sizes.values(), initial=0)
        cls.numbers = {key: range(start, start + cls.sizes[key]) for key, start in zip(cls.sizes, starts)}
        cls.late, cls.staff = f"svc-late@{OPS}", [f"staff{n:03}@{OPS}" for n in range(STAFF)]
        accounts = [*map(intruder, KINDS), cls.late, BOSS, *cls.staff]
        cls.service = scratch.Scratch("warifu-login-server-")
        cls.addClassCleanup(cls.service.remove)
        directory = cls.service.folder("directory") / "owners.db"
        write_directory(directory, sum(cls.sizes.values()), accounts)
        cls.clock.say(f"{sum(cls.sizes.values()):,} members")
        cls.settings = {
            "domains": [dumps.DOMAIN, OPS], "account.realm": "strip", "directory.table": None, "directory.type": "sql",
            "directory.url": f"sqlite:{directory}", "directory.query": QUERY, "rules.actions.high": "hold",
            "breaker.account_alarms": ALARMS, "breaker.domain_accounts": DOMAIN_ACCOUNTS, "breaker.exempt": [ALERTS]}
        cls.gate = gateway.for_class(
            cls, cls.settings, users=accounts, table="",
            postfix={"smtpd_soft_error_limit": "1000000", "smtpd_hard_error_limit": "1000000", "smtpd_error_sleep_time": "0",
                     "message_size_limit": "60000000"})
        cls.books, cls.sent, cls.secrets, cls.making = books.Books(), {}, Tails(), threading.Lock()

    def test_story(self):
        self.tables_are_mailed()
        self.dumps_are_counted()
        self.ordinary_mail_arrives()
        self.breakers_open()
        self.nothing_more_leaves()
        self.open_session_is_stopped()
        self.a_person_closes()
        self.nothing_is_lost()
        self.nothing_is_told()

    # -- the theft -------------------------------------------------------------------------------

    def tables_are_mailed(self) -> None:
        """The first half of the formats while dumps are held, the second while they are refused."""
        dice = random.Random(724)
        half = len(KINDS) // 2
        ordinary = [("ordinary", dice.choice(self.staff), dice.choice(list(dumps.ORDINARY))) for _ in range(LETTERS)]
        for action, kinds, letters in (("hold", KINDS[:half], ordinary[::2]), ("reject", KINDS[half:], ordinary[1::2])):
            self.gate.warifu.configure(self.settings | {"rules.actions.high": action})
            if self.gate.warifu.process:
                self.assertEqual(self.gate.warifu.reload().returncode, 0)
            jobs = [(f"dump, {action}", kind, form) for kind in kinds for form in dumps.FORMS] + letters
            dice.shuffle(jobs)
            town.side_by_side(contextlib.nullcontext, jobs, self.send_one, threads=4)
        self.gate.postfix.drain(town.PATIENCE)
        self.clock.say(f"{DUMPS} dumps with {sum(self.sizes.values()):,} rows sent, {self.secrets.bytes / 1e6:.0f} MB, "
                       f"and {LETTERS:,} ordinary mails")

    def send_one(self, _, job) -> None:
        what, who, form = job
        if what == "ordinary":
            self.post(what, who, f"partner{random.Random(str(job)).randrange(10**9)}@example.net", dumps.ORDINARY[form],
                      random.Random(f"{job} {len(self.sent)}"))
        else:
            with self.making:  # libcrypt has one buffer
                rows = self.members.rows(who, self.numbers[who, form])
            self.secrets.add([row.secret for row in rows])
            token = self.post(what, intruder(who), "buyer@example.com", dumps.FORMS[form], rows)
            self.sent[token] = (who, form)

    def post(self, what: str, sender: str, to: str, form: dumps.Form, content, **more) -> str:
        """Over a session of its own."""
        token = self.books.new(what, sender, [to])
        mail = dumps.compose(form, content, sender, to, token)
        with self.gate.client(sender, timeout=300) as client:
            reply = client.send(more.get("envelope", sender), to, mail)
        self.books.answered(token, [to], reply.code, reply.text)
        if what.startswith("dump"):
            self.secrets.bytes += len(mail)
        else:
            self.sent[token] = mail
        return token

    # -- what the events say -----------------------------------------------------------------------

    def dumps_are_counted(self) -> None:
        found, rows, accounts, rules = 0, 0, 0, collections.Counter()
        events = {event["message_id"]: event for event in self.gate.warifu.events() if event["stage"] == "end"}
        for entry in self.books.entries("dump"):
            kind, form = self.sent[entry.token]
            wanted = len(self.numbers[kind, form])
            with self.subTest(kind=kind, form=form):
                event = events[f"<{entry.token}@{OPS}>"]
                self.assertEqual((event["action"], event["faults"]), (entry.kind.rpartition(" ")[2], []))
                counted = count(event)
                rule, best = max(counted.items(), key=lambda item: sum(item[1]))
                share = MISSED_PASSWORDS if kind == "password" else MISSED_HASHES
                for number in best:
                    self.assertLessEqual(number, wanted, counted)
                    self.assertGreaterEqual(number, wanted - math.ceil(wanted * share), counted)
                owned = [one["ownership"] for one in event["findings"] if one["rule"] == rule[0] and "rows" not in one]
                self.assertEqual(set(owned), {"stranger"})
                found, rows, accounts = found + 1, rows + best[0], accounts + best[1]
                rules[rule[0]] += best[0]
        self.clock.say(f"{found} of {DUMPS} dumps found, {rows:,} rows of {accounts:,} accounts counted: "
                       + ", ".join(f"{name} {rows:,}" for name, rows in rules.most_common()))
        self.assertEqual(found, DUMPS)

    def ordinary_mail_arrives(self) -> None:
        arrived = {mail.fields("X-Token")[0].decode(): mail for mail in self.gate.sink.mails()}
        entries = self.books.entries("ordinary")
        for entry in entries:
            mail = arrived[entry.token]
            self.assertTrue(mail.raw.endswith(self.sent[entry.token]), entry)
            self.assertEqual(mail.fields("X-Warifu"), [])
        self.assertEqual(len(arrived), len(entries))
        self.clock.say(f"{len(arrived):,} ordinary mails delivered, byte for byte")

    # -- the breaker -----------------------------------------------------------------------------

    def tool(self, *words) -> tuple[int, list[dict]]:
        told = self.gate.warifu.tool(*words, "--format", "json", "--config", self.gate.warifu.config)
        self.assertEqual(told.stderr, "")
        return told.returncode, [json.loads(line) for line in told.stdout.splitlines()]

    def breakers_open(self) -> None:
        status, rows = self.tool("breaker", "status")
        self.assertEqual(status, 1)
        self.assertEqual({row["scope"] for row in rows}, {f"account:svc-{kind}" for kind in KINDS})
        for row in rows:
            self.assertRegex(row["reason"], f"^{ALARMS} alarms in 60 minutes; the last: leak of svc-")
        _, incidents = self.tool("incident", "list", "--limit", 100_000)
        actions = collections.Counter((row["kind"], row["action"]) for row in incidents)
        half = len(KINDS) // 2 * len(dumps.FORMS)
        # The domain's threshold was met, too: that is reported and stops nobody else.
        self.assertEqual(actions, {("mail", "hold"): half, ("mail", "reject"): DUMPS - half,
                                   ("breaker", "open"): len(KINDS), ("breaker", "report"): 1})
        reported = [row["summary"] for row in incidents if row["action"] == "report"]
        self.assertIn(f"domain:{OPS}", reported[0])
        self.clock.say(f"{len(rows)} breakers open, {len(incidents)} incidents")

    def nothing_more_leaves(self) -> None:
        """Neither dumps nor harmless mail; but to colleagues, postmasters and the alerts' address it goes on."""
        dice, letter = random.Random(1216), dumps.ORDINARY["letter"]
        for kind in KINDS:
            again = self.members.rows(kind, range(len(dumps.FORMS)))
            self.secrets.add([row.secret for row in again])
            self.post("behind the breaker", intruder(kind), "buyer@example.com", dumps.FORMS["SQL"], again)
            self.post("behind the breaker", intruder(kind), "friend@example.net", letter, dice)
            self.post("let through", intruder(kind), BOSS, letter, dice)
        self.post("let through", intruder(KINDS[0]), "postmaster@example.net", letter, dice)
        self.post("let through", intruder(KINDS[0]), ALERTS, letter, dice)
        self.post("let through", intruder(KINDS[0]), "friend@example.net", letter, dice, envelope="")
        for entry in self.books.entries("behind"):
            self.assertEqual((entry.answer, entry.text.split(" ")[0]), (451, "4.7.1"), entry)
        self.clock.say(f"of {len(KINDS)} accounts nothing leaves any more")

    def open_session_is_stopped(self) -> None:
        """A mail whose recipient was taken before the breaker opened is held at its end."""
        letter, dice = dumps.ORDINARY["letter"], random.Random(7)
        token = self.books.new("open session", self.late, ["friend@example.net"])
        with self.gate.client(self.late) as client:
            for command in (f"MAIL FROM:<{self.late}>", "RCPT TO:<friend@example.net>"):
                self.assertEqual(client.command("open", command).code, 250)
            for _ in range(ALARMS):
                rows = self.members.rows("md5", range(3))
                self.secrets.add([row.secret for row in rows])
                self.post("late dump", self.late, "buyer@example.com", dumps.FORMS["text, UTF-16"], rows)
            scratch.wait_until(lambda: f"account:{self.late.partition('@')[0]}" in str(self.tool("breaker", "status")), 10,
                               "the last breaker")
            self.assertEqual(client.command("open", "DATA").code, 354)
            reply = client.end(dumps.compose(letter, dice, self.late, "friend@example.net", token))
        self.books.answered(token, ["friend@example.net"], reply.code, reply.text)
        self.assertEqual(reply.code, 250, reply)
        event = self.gate.warifu.event_for("friend@example.net")
        self.assertEqual((event["action"], event["reasons"]), ("hold", ["check:breaker"]))

    def a_person_closes(self) -> None:
        one, letter, dice = intruder(KINDS[0]), dumps.ORDINARY["letter"], random.Random(8)
        told = self.gate.warifu.tool("breaker", "close", f"account:{one.partition('@')[0]}", "--ref", "INC-2013-07",
                                     "--config", self.gate.warifu.config)
        self.assertEqual((told.returncode, told.stderr), (0, ""), told)
        self.post("closed again", one, "friend@example.net", letter, dice)
        # It counts anew: one more dump is refused, and the account is not cut off for it.
        rows = self.members.rows("md5", range(3))
        self.secrets.add([row.secret for row in rows])
        self.post("one more dump", one, "buyer@example.com", dumps.FORMS["JSON"], rows)
        self.post("closed again", one, "friend@example.net", letter, dice)

    # -- what must hold --------------------------------------------------------------------------

    def nothing_is_lost(self) -> None:
        self.gate.postfix.drain(town.PATIENCE)
        delivered = collections.Counter((mail.fields("X-Token")[0].decode(), to)
                                        for mail in self.gate.sink.mails() for to in mail.recipients)
        balance = self.books.balance(delivered, self.gate.postfix.queued())
        self.assertEqual(balance.wrong, [])
        half = len(KINDS) // 2 * len(dumps.FORMS)
        self.assertEqual(balance.by_kind, {
            "dump, hold": {"held": half}, "dump, reject": {"refused": DUMPS - half}, "ordinary": {"delivered": LETTERS},
            "behind the breaker": {"deferred": 2 * len(KINDS)}, "let through": {"delivered": len(KINDS) + 3},
            "late dump": {"refused": ALARMS}, "open session": {"held": 1}, "closed again": {"delivered": 2},
            "one more dump": {"refused": 1}}, balance)
        self.clock.say(f"at the end: {balance}")

    def nothing_is_told(self) -> None:
        outputs = self.gate.outputs()
        self.assertEqual(self.secrets.found_in(outputs), [])
        self.clock.say(f"{sum(map(len, outputs.values())) / 1e6:.1f} MB of logs, events, store and replies hold none of "
                       f"{len(self.secrets):,} secrets")


def count(event: dict) -> dict[tuple[str, str], tuple[int, int]]:
    """rule and part → rows, and accounts that they are of."""
    rows, owners, counted = collections.Counter(), collections.defaultdict(set), {}
    for finding in event["findings"]:
        key = finding["rule"], finding["part"]
        rows[key] += finding.get("rows", 1)
        owners[key].add(finding["owner"])
        counted[key] = finding.get("accounts", counted.get(key, 0))
    return {key: (rows[key], counted[key] or len(owners[key] - {""})) for key in rows}


class Tails:
    """The ends of all secrets, to be looked for: so much of a hash that it is no chance, a short password whole.

    What events may show is the masked preview: the first two characters.
    """
    LONG, SHORT = 12, 6  # characters

    def __init__(self):
        self._lock, self._tails, self.bytes = threading.Lock(), collections.defaultdict(set), 0

    def add(self, secrets) -> None:
        with self._lock:
            for secret in secrets:
                tail = secret.rstrip("=").encode()[-self.LONG:]
                self._tails[tail[:self.SHORT]].add(tail)

    def __len__(self) -> int:
        return sum(map(len, self._tails.values()))

    def found_in(self, outputs: dict[str, bytes]) -> list[str]:
        found = []
        for place, text in outputs.items():
            begins = (at for at in range(len(text)) if text[at:at + self.SHORT] in self._tails)
            for at in begins:
                for tail in self._tails[text[at:at + self.SHORT]]:
                    # A short one stands by itself, or it is chance.
                    alone = not (text[at - 1:at].isalnum() or text[at + len(tail):at + len(tail) + 1].isalnum())
                    if text.startswith(tail, at) and (len(tail) > 8 or alone):
                        found.append(f"{place}: {tail!r}")
        return found


def write_directory(path, count: int, accounts: list[str]) -> None:
    """SQLite, what warifu asks: members and the operator's own people."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE owners (address TEXT PRIMARY KEY, login TEXT) WITHOUT ROWID")
        database.executemany("INSERT INTO owners VALUES (?, ?)",
                             ((address, address.partition("@")[0]) for address in
                              itertools.chain(sorted(map(dumps.address, range(count))), accounts)))
    path.chmod(0o644)


if __name__ == "__main__":
    live.main()
