#!/usr/bin/env python3
"""What an administrator types, on a live Postfix: held mail found and released, locks, announced changes."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, rules  # noqa: E402

TANAKA, SUZUKI = "tanaka@example.jp", "suzuki@example.jp"
TABLE = f"{TANAKA} {TANAKA}\n{SUZUKI} {SUZUKI}\n"
WHY = "本人に電話で確認した"


class Ledger(unittest.TestCase):
    def setUp(self):
        self.gateway = gateway.Gateway({}, users=[TANAKA, SUZUKI], table=TABLE, patterns=rules.text())
        self.addCleanup(self.gateway.close)
        self.warifu, self.postfix = self.gateway.warifu, self.gateway.postfix

    def tool(self, *words, status: int = 0) -> str:
        """The tool as root, as an administrator runs it, with Postfix's programs on its path."""
        env = self.postfix.environment()
        env["PATH"] = f"{self.postfix.root}/usr/sbin:{env['PATH']}"
        done = subprocess.run([self.warifu.programs / "warifu", *map(str, words), "--config", self.warifu.config],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, env=env)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def rows(self, *words, status: int = 0) -> list[dict]:
        return [json.loads(line) for line in self.tool(*words, "--format", "json", status=status).splitlines()]

    def release(self, *words, status: int = 0) -> str:
        return self.tool("incident", "release", *words, "--config-directory", self.postfix.config, status=status)

    def hold(self, recipient: str) -> dict:
        """The incident of a mail that a rule has held."""
        message = mails.Mail(TANAKA, recipient, [f"合言葉 {rules.marker('hold')}"])
        self.assertEqual(self.gateway.send(TANAKA, TANAKA, message.to, message.raw()).code, 250)
        incident, = self.rows("incident", "show", recipient)
        self.assertEqual((incident["action"], incident["state"]), ("hold", "open"), incident)
        return incident

    def test_held_mail_is_found_by_any_name_released_and_not_held_again(self):
        first, second, third = (self.hold(f"held{number}@example.net") for number in range(3))
        self.assertEqual({mail["queue_id"] for mail in self.postfix.held()},
                         {incident["queue_id"] for incident in (first, second, third)})
        self.assertEqual(len(self.rows("incident", "list", "--open")), 3)
        self.assertIn("3 held mails", self.release(TANAKA, status=1))
        events = len(self.warifu.events())
        for name, number in ((first["reference"], 0), (second["queue_id"], 1), ("held2@example.net", 2)):
            self.assertIn("released", self.release(name, "--why", WHY))
            arrived, = self.gateway.sink.wait_for(f"held{number}@example.net")
            self.assertIn(b"Subject:", arrived.raw)
        self.assertEqual(self.postfix.queued(), [])
        self.assertEqual(len(self.warifu.events()), events, "no filter saw the mail again")
        settled = self.rows("incident", "show", first["reference"])[0]["settled"]
        self.assertEqual((settled["who"], settled["why"]), ("uid 0 (root)", WHY))
        self.assertIn("released already", self.release(first["reference"], status=1))

    def test_mail_that_is_gone_is_said(self):
        incident = self.hold("gone@example.net")
        self.postfix.delete(incident["queue_id"])
        self.assertIn("no longer in this machine's queue", self.release(incident["reference"], status=1))
        other = self.hold("let@example.net")
        self.postfix.release(other["queue_id"])
        self.gateway.sink.wait_for("let@example.net")
        self.assertIn("no longer in this machine's queue", self.release(other["queue_id"], status=1))
        self.tool("incident", "close", incident["reference"], other["reference"])
        self.assertEqual(self.rows("incident", "list", "--open"), [])

    def test_a_lock_stops_the_next_mail_of_an_open_session(self):
        with self.gateway.client(TANAKA) as client:
            self.assertEqual(client.send(TANAKA, "before@example.net", self.innocent("before@example.net")).code, 250)
            self.tool("account", "lock", TANAKA, "--reason", "不正ログインの疑い", "--for", "1h")
            refused = client.send(TANAKA, "after@example.net", self.innocent("after@example.net"))
            self.assertEqual(refused.code // 100, 5, refused)
            self.tool("account", "unlock", TANAKA)
            self.assertEqual(client.send(TANAKA, "again@example.net", self.innocent("again@example.net")).code, 250)

    def test_an_announced_change_lets_the_new_owner_send(self):
        imported = self.warifu.tool("bind", "import", "--config", self.warifu.config)
        self.assertEqual(imported.returncode, 0, imported.stderr)
        swapped = TABLE.replace(f"{TANAKA} {TANAKA}", f"{TANAKA} {SUZUKI}")
        self.warifu.table.write_text(swapped)
        self.warifu.reload()
        reply = self.gateway.send(SUZUKI, TANAKA, "early@example.net", self.innocent("early@example.net"))
        self.assertEqual(reply.code, 451, reply)
        shown = self.tool("bind", "show", TANAKA, status=1)
        self.assertIn(f"warifu bind announce {TANAKA} --from {TANAKA} --to {SUZUKI}", shown)
        self.tool("bind", "announce", TANAKA, "--from", TANAKA, "--to", SUZUKI, "--ref", "T-1", "--valid", "1h")
        reply = self.gateway.send(SUZUKI, TANAKA, "late@example.net", self.innocent("late@example.net"))
        self.assertEqual(reply.code, 250, reply)
        self.gateway.sink.wait_for("late@example.net")
        change, = self.rows("bind", "changes", "--state", "used")
        self.assertEqual((change["address"], change["reference"]), (TANAKA, "T-1"))
        self.assertEqual(self.tool("bind", "disputes"), "no address is disputed\n")

    @staticmethod
    def innocent(recipient: str) -> bytes:
        return mails.Mail(TANAKA, recipient, ["お世話になっております。"]).raw()


if __name__ == "__main__":
    live.main()
