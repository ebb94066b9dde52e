#!/usr/bin/env python3
"""`warifu` where its output cannot be written (a full disk, a closed descriptor), or its configuration not read.

usage: streams_test.py WARIFU
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

WARIFU = pathlib.Path(sys.argv.pop(1)).resolve()
RULE = "[[rules]]\nid = \"own\"\nregex = '''secret-\\d{8}'''\nkeywords = [\"secret-\"]\n"
TEXT = "secret-12345678\n"


class Streams(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "own.toml").write_text(RULE)
        (self.folder / "text").write_text(TEXT)
        (self.folder / "pack.yml").write_text("rules:\n- {name: A, id: a.1, pattern: 'tick-([a-z0-9]{8})', examples: [tick-k29vmq1z]}\n")

    def run_tool(self, words: str, redirection: str) -> subprocess.CompletedProcess:
        return subprocess.run(["/bin/sh", "-c", f'"{WARIFU}" {words} {redirection}'], cwd=self.folder, capture_output=True,
                              text=True, timeout=60, env={**os.environ, "HOME": str(self.folder)})

    def test_a_full_disk_is_told(self):
        for words in ("--help", "version", "rules list own.toml", "scan --rules own.toml text", "rules import pack.yml"):
            with self.subTest(words=words):
                done = self.run_tool(words, "> /dev/full")
                self.assertEqual(done.returncode, 2, done)
                self.assertIn("warifu: cannot write to standard output", done.stderr)
        self.assertIn(": No space left on device", self.run_tool("version", "> /dev/full").stderr)

    def test_a_closed_descriptor_takes_nothing(self):
        for words in ("--help", "rules list own.toml", "scan --rules own.toml text"):
            for closed in (">&-", "<&- >&-"):
                with self.subTest(words=words, closed=closed):
                    done = self.run_tool(words, closed)
                    self.assertEqual(done.returncode, 2, done)
                    self.assertIn("cannot write to standard output", done.stderr)
        self.assertEqual((self.folder / "text").read_text(), TEXT)
        self.assertEqual((self.folder / "own.toml").read_text(), RULE)

    def test_a_file_is_whole_where_standard_output_is_closed(self):
        self.run_tool("rules import pack.yml --output made.toml", "<&- >&-")
        self.assertEqual(self.run_tool("rules check made.toml", "").returncode, 0)

    def test_who_may_not_read_the_configuration_is_told_what_to_do(self):
        conf = self.folder / "shut.conf"
        conf.write_text('mode = "observe";\n')
        conf.chmod(0)
        self.folder.chmod(0o755)
        tool = shutil.copy(WARIFU, self.folder / "warifu")  # the build's folder may be shut, too
        drop = ["setpriv", "--reuid", "1", "--regid", "1", "--clear-groups"] if os.geteuid() == 0 else []
        for words in (["check"], ["scan", "text"], ["status"]):
            done = subprocess.run([*drop, tool, *words, "-c", conf], cwd=self.folder, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("shut.conf: Permission denied; run this as root or as a user who may read it",
                          done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
