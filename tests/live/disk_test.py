#!/usr/bin/env python3
"""A disk that is full, a store that is read-only or held by another program: no mail passes without
its event, nothing is lost, and what is mended heals it without anybody's help.

Events, compiled rules and the process id, or the store, lie on a file system of their own of a few
megabytes.
"""
import contextlib
import json
import pathlib
import pwd
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, owners, rules, scratch  # noqa: E402
from harness.warifu import USER  # noqa: E402

SENDER = "tanaka@example.jp"


class Disk(unittest.TestCase):
    @classmethod
    def mount(cls, *folders: str) -> None:
        live.require_root()
        cls.disk = scratch.Scratch("warifu-disk-")
        cls.addClassCleanup(cls.disk.remove)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0755", "tmpfs", cls.disk.path],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no file system can be mounted here: {mounted.stderr.strip()}")
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.disk.path], check=True)
        account = pwd.getpwnam(USER)
        for name in folders:
            cls.disk.folder(name, owner=(account.pw_uid, account.pw_gid))

    def fill(self):
        """Not a byte is left."""
        with open(self.disk.path / "ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def make_room(self):
        (self.disk.path / "ballast").unlink(missing_ok=True)

    def held(self) -> set[str]:
        return {mail["recipients"][0]["address"] for mail in self.gate.postfix.held()}


class Events(Disk):
    @classmethod
    def setUpClass(cls):
        cls.mount("log", "cache", "run")
        cls.events = cls.disk.path / "log/events.jsonl"
        cls.gate = gateway.for_class(
            cls, {"domains": ["example.jp"], "events.target": str(cls.events),
                  "cache_dir": str(cls.disk.path / "cache"), "pid_file": str(cls.disk.path / "run/pid")},
            users=[SENDER], table=f"{SENDER} {SENDER}\n")
        cls.gate.warifu.events_path = cls.events

    def send(self, name, login=SENDER):
        to = f"{name}@example.net"
        return self.gate.send(login, SENDER, to, mails.Mail(SENDER, to, ["本文です。"]).raw())

    def logged(self) -> list[str]:
        """The first recipient of each event; a line that broke off for want of space is passed over."""
        found = []
        for line in self.events.read_text(errors="replace").splitlines():
            try:
                found.append(json.loads(line)["recipients"][0])
            except ValueError:
                self.torn.add(line)
        return found

    def test_nothing_passes_without_its_event(self):
        self.torn = set()
        self.assertEqual(self.send("before").code, 250)
        self.gate.sink.wait_for("before@example.net")
        self.addCleanup(self.make_room)
        self.fill()
        # What is left of the last page takes an event or two; then each mail is held, or deferred.
        accepted = [f"full{n}" for n in range(20)]
        for name in accepted:
            self.assertEqual(self.send(name).code, 250, name)
        held = self.held()
        self.assertGreater(len(held), 10)
        self.assertEqual(self.send("mx", login="").code, 451)

        status = self.gate.warifu.tool("status", "--config", self.gate.warifu.config, "--format", "json")
        self.assertEqual(json.loads(status.stdout)["event_failures"], len(held) + 1, status.stderr)

        # A daemon that starts on the full disk goes on like that.
        self.gate.warifu.kill()
        self.gate.warifu.start()
        self.assertEqual(self.send("restarted").code, 250)
        self.assertIn("restarted@example.net", self.held())

        # One that is stopped there and started with room ends the line that broke off.
        self.gate.warifu.kill()
        self.make_room()
        self.gate.warifu.start()
        self.assertEqual(self.send("after").code, 250)
        self.gate.sink.wait_for("after@example.net")
        held = self.held()
        passed = sorted(mail.recipients[0] for mail in self.gate.sink.mails())
        self.assertEqual(passed, sorted(self.logged()))
        self.assertEqual(len(passed) + len(held), len(accepted) + 3)
        self.assertLessEqual(len(self.torn), 2, self.torn)
        for mail in self.gate.postfix.held():
            self.gate.postfix.release(mail["queue_id"])
        for recipient in held:
            self.gate.sink.wait_for(recipient)


class Store(Disk):
    """What must be written at once cannot be; what needs no writing goes on."""

    FAULTS = ("full", "read-only", "held")  # each has a mailbox that moves as announced, and one that is swapped

    @classmethod
    def setUpClass(cls):
        cls.mount("store", "copy")
        cls.store = cls.disk.path / "store"
        own = scratch.Scratch("warifu-directory-")
        cls.addClassCleanup(own.remove)
        accounts = {f"{name}-{fault}@example.jp": [name] for name in ("mover", "swapped") for fault in cls.FAULTS}
        cls.directory = owners.Owners(own.folder("directory", 0o777), {SENDER: [SENDER], **accounts})
        cls.gate = gateway.for_class(
            cls, {"domains": ["example.jp"], "store.url": f"sqlite:{cls.store}/warifu.db", "store.timeout": "500ms",
                  "breaker.account_alarms": 1000,
                  **cls.directory.settings},
            users=[SENDER], table="", patterns=rules.text())
        for words in (("bind", "import"),
                      *(("bind", "announce", f"mover-{fault}@example.jp", "--from", "mover", "--to", "mover2",
                         "--ref", "HR-1", "--valid", "1h") for fault in cls.FAULTS)):
            told = cls.gate.warifu.tool(*words, "--config", cls.gate.warifu.config)
            assert told.returncode == 0, told

    def move(self, fault: str) -> None:
        self.directory.put(f"mover-{fault}@example.jp", "mover2")
        self.directory.put(f"swapped-{fault}@example.jp", "thief")

    def replies(self, fault: str) -> dict:
        """To an ordinary mail, one to an address that has moved as announced, one to a swapped one."""
        plain = f"From: {SENDER}\r\nSubject: x\r\n\r\nx\r\n".encode()
        return {"ordinary": self.gate.send(SENDER, SENDER, "out@example.net", plain),
                "moved": self.gate.send("", "friend@example.net", f"mover-{fault}@example.jp", plain),
                "swapped": self.gate.send("", "friend@example.net", f"swapped-{fault}@example.jp", plain)}

    def codes(self, fault: str) -> dict[str, int]:
        return {name: reply.code for name, reply in self.replies(fault).items()}

    def recovers(self, fault: str) -> None:
        scratch.wait_until(lambda: self.codes(fault) == {"ordinary": 250, "moved": 250, "swapped": 451}, 20,
                           "recovery without anybody's help", 0.5)

    def leak(self, name) -> int:
        """A mail that is to be held."""
        mail = f"From: {SENDER}\r\nSubject: x\r\n\r\n{rules.marker('hold')}\r\n".encode()
        return self.gate.send(SENDER, SENDER, f"leak-{name}@example.net", mail).code

    def test_a_disk_that_is_full(self):
        self.addCleanup(self.make_room)
        self.fill()
        self.move("full")
        self.assertEqual(self.codes("full"), {"ordinary": 250, "moved": 451, "swapped": 451})
        # What is left of the last page takes a row or two. A mail whose row is not written is not
        # held: nobody would find it again.
        before = self.held()
        answers = [self.leak(number) for number in range(8)]
        self.assertEqual((set(answers) - {250, 451}, answers[-1]), (set(), 451), answers)
        self.assertEqual(self.held() - before,
                         {f"leak-{number}@example.net" for number, code in enumerate(answers) if code == 250})
        self.assertEqual(self.found(), {mail["queue_id"] for mail in self.gate.postfix.held()})
        self.assertIn("make room on its file system", self.gate.warifu.output())
        self.make_room()
        self.recovers("full")
        self.assertEqual(self.leak(8), 250)
        self.assertEqual(self.found(), {mail["queue_id"] for mail in self.gate.postfix.held()})
        self.assertIn("leak-8@example.net", self.held())
        checked = self.gate.warifu.tool("store", "check", "--deep", "--config", self.gate.warifu.config)
        self.assertRegex(checked.stdout, "(?m)^state +good$")

    def refuses(self, fault: str, *words: str) -> None:
        """What must be written waits, and the log says what to mend."""
        self.move(fault)
        replies = self.replies(fault)
        self.assertEqual(replies["ordinary"].code, 250)
        for name, enhanced in (("moved", "4.3.0"), ("swapped", "4.7.1")):
            reply = replies[name]
            self.assertEqual((reply.stage, reply.code, reply.enhanced), ("rcpt", 451, enhanced), reply)
        self.assertEqual(self.leak(fault), 451)
        self.assertNotIn(f"leak-{fault}@example.net", self.held())
        for word in words:
            self.assertIn(word, self.gate.warifu.output())

    def mends(self, fault: str) -> None:
        self.recovers(fault)
        self.assertEqual(self.leak(fault), 250)
        self.assertIn(f"leak-{fault}@example.net", self.held())

    def test_a_file_system_that_went_read_only(self):
        told = self.gate.warifu.tool("store", "backup", self.disk.path / "copy/warifu.db", "--config", self.gate.warifu.config)
        self.assertEqual(told.returncode, 0, told)
        subprocess.run(["mount", "--bind", self.disk.path / "copy", self.store], check=True)
        self.addClassCleanup(subprocess.run, ["umount", "-l", self.store], capture_output=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", self.store], check=True)
        self.refuses("read-only", "must be able to write it")
        subprocess.run(["mount", "-o", "remount,bind,rw", self.store], check=True)
        self.mends("read-only")

    def test_a_store_that_another_program_holds(self):
        with contextlib.closing(sqlite3.connect(self.store / "warifu.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.refuses("held", "another program holds it")
        self.mends("held")

    def found(self) -> set[str]:
        """Queue ids of the held mails that the store knows."""
        told = self.gate.warifu.tool("incident", "list", "--format", "json", "--limit", "1000", "--config",
                                     self.gate.warifu.config)
        rows = [json.loads(line) for line in told.stdout.splitlines()]
        return {row["queue_id"] for row in rows if row["action"] == "hold"}


if __name__ == "__main__":
    live.main()
