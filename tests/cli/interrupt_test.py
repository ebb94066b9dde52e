#!/usr/bin/env python3
"""`warifu scan` in the middle of its work: a signal leaves whole lines and a summary.

usage: interrupt_test.py WARIFU
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

WARIFU = sys.argv.pop(1)
RULE = "[[rules]]\nid = \"own\"\nregex = '''secret-\\d{8}'''\nkeywords = [\"secret-\"]\n"
MAIL = b"From a@b Mon Sep 17 10:11:12 2001\nFrom: a@example.jp\nSubject: x\n\nsecret-12345678\n\n"


class Interrupt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "own.toml").write_text(RULE)

    def scan(self, number: int, **more) -> tuple[subprocess.Popen, pathlib.Path]:
        """Sends the signal while the scan waits for more of a mailbox that never ends."""
        out = self.folder / "out"
        with open(out, "wb") as file:
            process = subprocess.Popen(
                [WARIFU, "scan", "--rules", self.folder / "own.toml", "--format", "json", "-"],
                stdin=subprocess.PIPE, stdout=file, stderr=subprocess.PIPE,
                env={**os.environ, "HOME": str(self.folder)}, **more)
        # Enough for some output to have left the program's buffer, which ends in mid-line.
        process.stdin.write(MAIL * 4000)
        process.stdin.flush()
        end = time.monotonic() + 40
        while out.stat().st_size == 0 and time.monotonic() < end:
            time.sleep(0.02)
        self.assertGreater(out.stat().st_size, 0)
        process.send_signal(number)
        return process, out

    def test_whole_lines_and_a_summary(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process, out = self.scan(number)
            process.wait(20)
            words = process.stderr.read().decode()
            process.stdin.close()
            process.stderr.close()
            self.assertEqual(process.returncode, -number, words)
            self.assertIn("interrupted", words)
            lines = out.read_text().splitlines()
            self.assertEqual([json.loads(line)["index"] for line in lines], list(range(len(lines))))
            self.assertIn(f"{len(lines)} messages", words)

    def test_an_ignored_signal_stays_ignored(self):
        process, out = self.scan(signal.SIGHUP, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        words = process.communicate(timeout=30)[1].decode()
        self.assertEqual(process.returncode, 1, words)
        self.assertEqual(len(out.read_text().splitlines()), 4000)


if __name__ == "__main__":
    unittest.main()
