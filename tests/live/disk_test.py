#!/usr/bin/env python3
"""A disk that is full: no mail passes without its event, nothing is lost, and space heals it.

Events, compiled rules and the process id lie on a file system of their own of a few megabytes.
"""
import json
import pathlib
import pwd
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, scratch  # noqa: E402
from harness.warifu import USER  # noqa: E402

SENDER = "tanaka@example.jp"


class FullDisk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.disk = scratch.Scratch("warifu-disk-")
        cls.addClassCleanup(cls.disk.remove)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0755", "tmpfs", cls.disk.path],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no file system can be mounted here: {mounted.stderr.strip()}")
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.disk.path], check=True)
        account = pwd.getpwnam(USER)
        for name in ("log", "cache", "run"):
            cls.disk.folder(name, owner=(account.pw_uid, account.pw_gid))
        cls.events = cls.disk.path / "log/events.jsonl"
        cls.gate = gateway.for_class(
            cls, {"domains": ["example.jp"], "events.target": str(cls.events),
                  "cache_dir": str(cls.disk.path / "cache"), "pid_file": str(cls.disk.path / "run/pid")},
            users=[SENDER], table=f"{SENDER} {SENDER}\n")
        cls.gate.warifu.events_path = cls.events

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

    def held(self) -> set[str]:
        return {mail["recipients"][0]["address"] for mail in self.gate.postfix.held()}


if __name__ == "__main__":
    live.main()
