#!/usr/bin/env python3
"""A disk that is full: no mail passes without its event, nothing is lost, and space heals it.

Events, compiled rules and the process id, or the store, lie on a file system of their own of a few
megabytes.
"""
import json
import pathlib
import pwd
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

    @classmethod
    def setUpClass(cls):
        cls.mount("store")
        own = scratch.Scratch("warifu-directory-")
        cls.addClassCleanup(own.remove)
        cls.directory = owners.Owners(own.folder("directory", 0o777),
                                      {SENDER: [SENDER], "mover@example.jp": ["mover"], "swapped@example.jp": ["swapped"]})
        cls.gate = gateway.for_class(
            cls, {"domains": ["example.jp"], "store.url": f"sqlite:{cls.disk.path}/store/warifu.db", **cls.directory.settings},
            users=[SENDER], table="", patterns=rules.text())
        for words in (("bind", "import"),
                      ("bind", "announce", "mover@example.jp", "--from", "mover", "--to", "mover2", "--ref", "HR-1",
                       "--valid", "1h")):
            told = cls.gate.warifu.tool(*words, "--config", cls.gate.warifu.config)
            assert told.returncode == 0, told

    def codes(self) -> dict[str, int]:
        """An ordinary mail, one to an address that has moved as announced, one to a swapped one."""
        plain = f"From: {SENDER}\r\nSubject: x\r\n\r\nx\r\n".encode()
        return {"ordinary": self.gate.send(SENDER, SENDER, "out@example.net", plain).code,
                "moved": self.gate.send("", "friend@example.net", "mover@example.jp", plain).code,
                "swapped": self.gate.send("", "friend@example.net", "swapped@example.jp", plain).code}

    def leak(self, number: int) -> int:
        """A mail that is to be held."""
        mail = f"From: {SENDER}\r\nSubject: x\r\n\r\n{rules.marker('hold', number)}\r\n".encode()
        return self.gate.send(SENDER, SENDER, f"leak{number}@example.net", mail).code

    def test_what_cannot_be_written_waits(self):
        self.addCleanup(self.make_room)
        self.fill()
        self.directory.put("mover@example.jp", "mover2")
        self.directory.put("swapped@example.jp", "thief")
        self.assertEqual(self.codes(), {"ordinary": 250, "moved": 451, "swapped": 451})
        # What is left of the last page takes a row or two. A mail whose row is not written is not
        # held: nobody would find it again.
        answers = [self.leak(number) for number in range(8)]
        self.assertEqual((set(answers) - {250, 451}, answers[-1]), (set(), 451), answers)
        self.assertEqual(self.held(), {f"leak{number}@example.net" for number, code in enumerate(answers) if code == 250})
        self.assertEqual(self.found(), {mail["queue_id"] for mail in self.gate.postfix.held()})
        self.make_room()
        scratch.wait_until(lambda: self.codes() == {"ordinary": 250, "moved": 250, "swapped": 451}, 20,
                           "recovery without anybody's help", 0.5)
        self.assertEqual(self.leak(8), 250)
        self.assertEqual(self.found(), {mail["queue_id"] for mail in self.gate.postfix.held()})
        self.assertIn("leak8@example.net", self.held())
        checked = self.gate.warifu.tool("store", "check", "--deep", "--config", self.gate.warifu.config)
        self.assertRegex(checked.stdout, "(?m)^state +good$")

    def found(self) -> set[str]:
        """Queue ids of the held mails that the store knows."""
        told = self.gate.warifu.tool("incident", "list", "--format", "json", "--limit", "1000", "--config",
                                     self.gate.warifu.config)
        rows = [json.loads(line) for line in told.stdout.splitlines()]
        return {row["queue_id"] for row in rows if row["action"] == "hold"}


if __name__ == "__main__":
    live.main()
