#!/usr/bin/env python3
"""`warifu records index` of a member table, and `warifu scan` over mails with its rows planted in every form.

Two cells of one row in one line are found, all of them; cells of different rows, and one cell alone,
are not. No output shows a cell.

usage: planted_test.py WARIFU
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from harness import planted  # noqa: E402

WARIFU = sys.argv.pop(1)
ROWS, EACH = 20_000, int(os.environ.get("WARIFU_PLANTED", "4"))  # mails of each form and kind
RULE = "[[rules]]\nid = \"other\"\nregex = '''nothing-[0-9]{9}'''\nkeywords = [\"nothing-\"]\n"


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "schema.toml").write_text(planted.SCHEMA)
        (cls.folder / "rules.toml").write_text(RULE)
        (cls.folder / "warifu.conf").write_text(
            f'rules = {{ paths = [ "{cls.folder}/rules.toml" ]; }};\n'
            f'records = {{ indexes = [ "{cls.folder}/members.idx" ]; key_file = "{cls.folder}/key"; }};\n')
        cls.members = planted.rows(ROWS)
        planted.write_table(cls.folder / "members.csv", cls.members)
        told = cls.warifu("records", "index", "--key", cls.folder / "key", "--output", cls.folder / "members.idx",
                          cls.folder / "schema.toml", cls.folder / "members.csv")
        assert told.returncode == 0, told

    @classmethod
    def warifu(cls, *words) -> subprocess.CompletedProcess:
        return subprocess.run([WARIFU, *map(str, words)], capture_output=True, text=True, timeout=300,
                              env={**os.environ, "HOME": str(cls.folder)})

    def scan(self, kind: str) -> tuple[dict[str, planted.Planted], dict[str, dict]]:
        """The mails by their file names, and what was told of each."""
        dice = random.Random(kind)
        mails = {}
        box = self.folder / kind
        box.mkdir()
        for number, form in enumerate(form for form in planted.forms() for _ in range(EACH)):
            mail = planted.plant(dice, kind, form, self.members, "taro@example.jp", f"{kind}{number}@example.net")
            name = f"{number:05}.eml"
            (box / name).write_bytes(mail.raw)
            mails[name] = mail
        told = self.warifu("scan", "--all", "--format", "json", "--config", self.folder / "warifu.conf", box)
        self.assertIn(told.returncode, (0, 1), told.stderr)
        lines = [json.loads(line) for line in told.stdout.splitlines()]
        self.assertEqual(len(lines), len(mails), told.stderr)
        shown = planted.cells_in((told.stdout + told.stderr).encode(), {row for mail in mails.values() for row in mail.rows})
        self.assertEqual(shown, set())
        return mails, {pathlib.Path(line["path"]).name: line for line in lines}

    def test_two_cells_of_a_row_in_a_line_are_found(self):
        mails, told = self.scan("leak")
        missed = []
        for name, mail in mails.items():
            found = {finding["owner"] for finding in told[name]["findings"]}
            self.assertEqual({finding["rule"] for finding in told[name]["findings"]} - {planted.INDEX}, set())
            self.assertEqual(found - mail.wanted, set(), mail)
            self.assertEqual(told[name]["faults"], [], mail)
            missed += [(mail.form, row) for row in mail.rows if row.handle not in found]
        planted_rows = sum(len(mail.rows) for mail in mails.values())
        print(f"{planted_rows - len(missed)} of {planted_rows} rows found in {len(mails)} mails of {len(planted.forms())} forms")
        self.assertEqual(missed, [])

    def test_cells_of_different_rows_are_not(self):
        self.nothing_in("crossed")

    def test_one_cell_alone_is_not(self):
        self.nothing_in("single")

    def nothing_in(self, kind: str):
        mails, told = self.scan(kind)
        wrong = [(mails[name], line["findings"]) for name, line in told.items() if line["findings"] or line["faults"]]
        print(f"{len(wrong)} of {len(mails)} mails with a finding")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
