#!/usr/bin/env python3
"""April 2000: a migration puts other members' rows into the mail signatures of 521 of 1,026,000 members.

`warifu records audit` names exactly those 521. 69 of them send mail. The gateway and `warifu scan` over the archive of sent mail name exactly those
69 and the 435 whose rows left, and none of the others; the signature is cut and the mail goes on
otherwise unharmed, byte for byte, or it is held, or refused, as the rule says. Runs at a hundredth
of the members and a tenth of the people; tests/replay/full runs it whole.
"""
import collections
import contextlib
import json
import pathlib
import random
import threading
import time
import unittest

import books
import freemail
import town
from freemail import member
from harness import gateway, live, mails, scratch

COUNT, DAMAGED, SENDERS, OWNERS, INNOCENT, LETTERS, INBOUND = (
    (1_026_000, 521, 69, 435, 400, 8000, 500) if town.FULL else (10_000, 52, 7, 44, 20, 150, 20))
ADDED = (b"received:", b"x-warifu:", b"return-path:", b"delivered-to:")


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.clock = town.Stopwatch()
        cls.who = freemail.cast(COUNT, DAMAGED, SENDERS, OWNERS, INNOCENT)
        # Apart from the gateway's own files, in which no password may be found.
        cls.service = scratch.Scratch("warifu-freemail-")
        cls.addClassCleanup(cls.service.remove)
        cls.table, cls.archive = cls.service.path / "members.csv", cls.service.folder("sent")
        directory = cls.service.folder("directory") / "members.db"
        freemail.write_members(COUNT, cls.who, cls.table, directory)
        directory.chmod(0o644)
        cls.clock.say(f"{COUNT:,} members, {DAMAGED} damaged; {sum(map(len, cls.who.rows.values())):,} rows in their signatures")
        writers = [member(number) for number in cls.who.senders + cls.who.innocent]
        cls.gate = gateway.for_class(
            cls, {"domains": [freemail.DOMAIN], "account.realm": "strip", "directory.table": None,
                  "directory.type": "sql", "directory.url": f"sqlite:{directory}", "directory.query": freemail.QUERY,
                  "directory.list_query": freemail.LIST_QUERY},
            users=[one.account for one in writers], table="", actions={freemail.RULE: "strip"},
            secrets=sorted(one.password for one in map(member, cls.who.owners) if len(one.password) > 7)[:20],
            postfix={"smtpd_soft_error_limit": "1000000", "smtpd_hard_error_limit": "1000000", "smtpd_error_sleep_time": "0"})
        cls.books = books.Books()
        cls.sent: dict[str, mails.Mail] = {}
        told = cls.gate.warifu.tool("bind", "import", "--config", cls.gate.warifu.config)
        assert told.returncode == 0, told
        cls.clock.say("imported")

    def test_story(self):
        self.audit_names_the_damaged()
        self.users_send()
        self.signatures_are_cut_and_nothing_else()
        self.events_name_them()
        self.archive_names_them()
        self.index_names_them()
        self.rule_holds_or_refuses()
        self.damaged_are_locked()
        self.nothing_is_lost()

    def audit_names_the_damaged(self) -> None:
        """What four days of inspection were needed for."""
        schema = self.service.path / "members.toml"
        schema.write_text(freemail.SCHEMA)
        started = time.monotonic()
        told = self.gate.warifu.tool("records", "audit", schema, self.table, "--format", "json")
        took = time.monotonic() - started
        self.assertEqual((told.returncode, told.stderr), (1, ""), told)
        *damaged, summary = map(json.loads, told.stdout.splitlines())
        handle = {member(number).number: number for numbers in [list(self.who.rows), *self.who.rows.values()]
                  for number in numbers}
        found = {handle[int(row["row"])]: {handle[int(owner)] for owner in row["owners"]} for row in damaged}
        self.assertEqual(found, {number: set(others) for number, others in self.who.rows.items()})
        self.assertEqual({row["column"] for row in damaged}, {"署名"})
        self.assertEqual({member(handle[int(row["row"])]).login for row in damaged}, {row["account"] for row in damaged})
        self.assertEqual((summary["rows"], summary["damaged_rows"]), (COUNT, DAMAGED), summary)
        self.clock.say(f"audit of {COUNT:,} rows in {took:.1f} s: exactly the {len(found)} damaged, with the "
                       f"{summary['owners']:,} whose rows they hold")

    # -- the ten days ----------------------------------------------------------------------------

    def users_send(self) -> None:
        dice = random.Random(327)
        letters = [("leak", n) for n in self.who.senders for _ in range(dice.randint(1, 6))]
        letters += [("innocent", dice.choice(self.who.innocent)) for _ in range(LETTERS)]
        letters += [("own row", n) for n in self.who.innocent[-3:]]
        dice.shuffle(letters)
        started = time.monotonic()
        self.send((kind, number, self.compose(dice, kind, number)) for kind, number in letters)
        self.clock.say(f"{len(letters):,} mails sent in {time.monotonic() - started:.0f} s, "
                       f"{sum(kind == 'leak' for kind, _ in letters)} of them by the {SENDERS}")
        self.outside_writes(dice)
        self.gate.postfix.drain(town.PATIENCE)

    def compose(self, dice: random.Random, kind: str, number: int) -> tuple[str, mails.Mail]:
        one = member(number)
        inside = dice.random() < 0.2  # to another member, who is nobody whose row is in it
        to = member(dice.choice(self.who.senders if inside else [number])).account
        if not inside or to == one.account:
            to = f"friend{dice.randrange(10**9)}@example.net"
        token = self.books.new(kind, one.account, [to])
        signature = (freemail.leaked(dice, one, self.who.rows[number]) if kind == "leak" else
                     [one.row] if kind == "own row" else freemail.card(dice, one))
        rules = freemail.RULES + (freemail.OTHER_RULES if kind == "innocent" else [])
        mail = freemail.write(dice, token, one, to, signature if dice.random() < 0.9 or kind != "innocent" else [], rules)
        return token, mail

    def send(self, jobs, archive: bool = True) -> None:
        """Each over a session of its own."""
        lock = threading.Lock()

        def send(_, job):
            kind, number, (token, mail) = job
            with self.gate.client(mail.sender) as client:
                reply = client.send(mail.sender, mail.to, mail.raw())
            self.books.answered(token, [mail.to], reply.code, reply.text)
            with lock:
                self.sent[token] = mail
                if archive:
                    folder = self.archive / member(number).login
                    folder.mkdir(exist_ok=True)
                    (folder / f"{token}.eml").write_bytes(mail.raw())
        town.side_by_side(contextlib.nullcontext, list(jobs), send)

    def outside_writes(self, dice: random.Random) -> None:
        def send(client, number):
            to = member(number).account
            token = self.books.new("inbound", "friend@example.net", [to])
            mail = mails.Mail("friend@example.net", to, freemail.letter(dice), ["友人"], extra=[f"X-Token: {token}"])
            reply = client.send(mail.sender, to, mail.raw())
            client.reset()
            self.books.answered(token, [to], reply.code, reply.text)
            self.sent[token] = mail
        town.side_by_side(self.gate.client, [dice.randrange(COUNT) for _ in range(INBOUND)], send, threads=1)

    # -- what came of it -------------------------------------------------------------------------

    def signatures_are_cut_and_nothing_else(self) -> None:
        counts = collections.Counter()
        for arrived in self.gate.sink.mails():
            token = arrived.fields("X-Token")[0].decode()
            kind, mail = self.books.entry(token, arrived.recipients[0]).kind, self.sent[token]
            with self.subTest(kind=kind, token=token):
                wanted = without_signature(mail) if kind == "leak" else mail.raw()
                self.assertEqual(as_sent(arrived.raw), wanted)
                marks = arrived.fields("X-Warifu")
                self.assertEqual(bool(marks), kind in ("leak", "own row"), marks)
            counts[kind] += 1
        self.assertEqual(counts, collections.Counter(entry.kind for entry in self.books.entries()))
        self.clock.say("at the sink: " + ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items())))

    def events_name_them(self) -> None:
        senders, owners, rows = set(), set(), 0
        for event in self.gate.warifu.events():
            strangers = [found for found in event.get("findings", []) if found["ownership"] == "stranger"]
            if strangers:
                self.assertEqual((event["action"], {found["rule"] for found in strangers}), ("strip", {freemail.RULE}), event)
                self.assertEqual({found["region"] for found in strangers}, {"signature"})
                senders.add(event["account"])
                owners |= {found["owner"] for found in strangers}
                rows += len(strangers)
        self.exactly("the events", senders, owners)

    def archive_names_them(self) -> None:
        started = time.monotonic()
        told = self.gate.warifu.tool("scan", "--config", self.gate.warifu.config, "--format", "json", self.archive)
        took = time.monotonic() - started
        senders, owners = set(), set()
        for line in told.stdout.splitlines():
            message = json.loads(line)
            login = pathlib.Path(message["path"]).parent.name
            strangers = {found["owner"] for found in message["findings"]} - {login}
            if strangers:
                senders.add(login)
                owners |= strangers
        files = sum(1 for _ in self.archive.rglob("*.eml"))
        self.exactly(f"the scan of {files:,} sent mails ({took:.1f} s)", senders, owners)

    def index_names_them(self) -> None:
        """The same by exact match: rows by their management numbers, with no rule that knows their form."""
        folder = self.service.folder("index")
        folder.chmod(0o777)  # the tool is not root's
        schema, index, key = (folder / name for name in ("index.toml", "members.idx", "records.key"))
        schema.write_text(freemail.SCHEMA.replace('account = "会員ID"\n', ""))
        started = time.monotonic()
        told = self.gate.warifu.tool("records", "index", schema, self.table, "--output", index, "--key", key, "--config",
                                     self.gate.warifu.config)
        self.assertEqual(told.returncode, 0, told)
        self.clock.say(f"index of {COUNT:,} rows in {time.monotonic() - started:.1f} s, {index.stat().st_size:,} bytes")
        config = folder / "index.conf"
        config.write_text(pathlib.Path(self.gate.warifu.config).read_text() +
                          f'\nrecords = {{ indexes = [ "{index}" ]; key_file = "{key}"; }};\n')
        started = time.monotonic()
        told = self.gate.warifu.tool("scan", "--config", config, "--format", "json", self.archive)
        took = time.monotonic() - started
        login = {str(member(number).number): member(number).login
                 for number in {*self.who.rows, *self.who.innocent, *self.who.owners}}
        senders, owners = set(), set()
        for message in map(json.loads, told.stdout.splitlines()):
            sender = pathlib.Path(message["path"]).parent.name
            rows = {found["owner"] for found in message["findings"] if found["rule"] == "freemail-members"}
            strangers = {login.get(row, row) for row in rows} - {sender}
            if strangers:
                senders.add(sender)
                owners |= strangers
        self.exactly(f"the scan by the index ({took:.1f} s)", senders, owners)

    def exactly(self, what: str, senders: set[str], owners: set[str]) -> None:
        self.assertEqual(senders, {member(number).login for number in self.who.senders}, what)
        self.assertEqual(owners, {member(number).login for number in self.who.owners}, what)
        self.clock.say(f"{what}: {len(senders)} senders, {len(owners)} owners, none of the innocent")

    def rule_holds_or_refuses(self) -> None:
        dice = random.Random(406)
        warifu = self.gate.warifu
        for action, code in (("hold", 250), ("reject", 550)):
            warifu.act(freemail.RULE, action)
            self.assertEqual(warifu.reload().returncode, 0)
            again = [("leak", number, self.compose(dice, "leak", number)) for number in self.who.senders]
            others = [("innocent", number, self.compose(dice, "innocent", number)) for number in self.who.innocent[:SENDERS]]
            for _, _, (token, mail) in again + others:
                self.books.entry(token, mail.to).kind += f" under {action}"
            self.send(again + others, archive=False)
            replies = {self.books.entry(token, mail.to).answer for _, _, (token, mail) in again}
            self.assertEqual(replies, {code}, action)
        self.gate.postfix.drain(town.PATIENCE)
        held = self.gate.postfix.held()
        self.assertEqual(collections.Counter(mail["sender"] for mail in held),
                         collections.Counter(member(number).account for number in self.who.senders))
        self.clock.say(f"of the {SENDERS}, {len(held)} mails held and as many refused")

    def damaged_are_locked(self) -> None:
        names = self.service.path / "damaged.txt"
        names.write_text("".join(f"{member(number).login}\n" for number in self.who.rows))
        names.chmod(0o644)
        told = self.gate.warifu.tool("account", "lock", "--file", names, "--reason", "署名の混入", "--ref", "INC-2000-04",
                                     "--config", self.gate.warifu.config)
        self.assertIn(f"locked {DAMAGED} accounts", told.stdout, told)
        dice = random.Random(407)
        locked = [("locked", number, self.compose(dice, "locked", number)) for number in self.who.senders]
        free = [("free", number, self.compose(dice, "free", number)) for number in self.who.innocent[:SENDERS]]
        self.send(locked + free, archive=False)
        self.gate.postfix.drain(town.PATIENCE)
        self.clock.say(f"{DAMAGED} accounts locked in one command; the {SENDERS} send nothing any more")

    def nothing_is_lost(self) -> None:
        delivered = collections.Counter((mail.fields("X-Token")[0].decode(), to)
                                        for mail in self.gate.sink.mails() for to in mail.recipients)
        balance = self.books.balance(delivered, self.gate.postfix.queued())
        self.assertEqual(balance.wrong, [])
        others = min(SENDERS, INNOCENT)
        wanted = {"leak under hold": {"held": SENDERS}, "leak under reject": {"refused": SENDERS},
                  "innocent under hold": {"delivered": others}, "innocent under reject": {"delivered": others},
                  "locked": {"refused": SENDERS}, "free": {"delivered": others}}
        for kind, places in balance.by_kind.items():
            self.assertEqual(places, wanted.get(kind, {"delivered": places["delivered"]}), balance)
        self.clock.say(f"at the end: {balance}")


def as_sent(raw: bytes) -> bytes:
    """Without the fields that Postfix and warifu add."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = head.replace(b"\r\n ", b"\0").replace(b"\r\n\t", b"\1").split(b"\r\n")
    kept = [field for field in fields if not field.lower().startswith(ADDED)]
    return b"\r\n".join(kept).replace(b"\0", b"\r\n ").replace(b"\1", b"\r\n\t") + b"\r\n\r\n" + body


def without_signature(mail: mails.Mail) -> bytes:
    bare = mails.Mail(**{**vars(mail), "signature": []})
    # In HTML the line ends around the signature's element go with it.
    return bare.raw().replace(b"</p>\r\n</body>", b"</p></body>")


if __name__ == "__main__":
    live.main()
