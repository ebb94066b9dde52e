#!/usr/bin/env python3
"""The doctor, `warifu check`, on configurations that Sendmail's own m4 has made.

Each misconfiguration is made on purpose; the finding appears with its level, and is gone once the
printed lines stand in sendmail.mc. Nothing is said of right ones.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import live, rules, scratch, sendmail, warifu  # noqa: E402

PORTS = {"MTA": 25, "submission": 587}
TIMES = "T=C:5m;S:30s;R:30s;E:5m"


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.scratch = scratch.Scratch("doctor-")
        cls.addClassCleanup(cls.scratch.remove)
        cls.warifu = warifu.Warifu(cls.scratch.path / "daemon", {}, table="taro@example.jp taro\n", patterns=rules.text())
        cls.warifu.start()
        cls.addClassCleanup(cls.warifu.stop)
        cls.socket = f"S=local:{cls.warifu.socket}"
        cls.sendmail = sendmail.Sendmail(cls.scratch.path / "sendmail", 1, {})

    def setUp(self):
        self.config = self.warifu.config
        self.configure({})
        self.make({"warifu": f"{self.socket}, F=T, {TIMES}"})

    def configure(self, settings: dict) -> None:
        """The daemon's file, which it reads at its start and at no other time here."""
        self.warifu.configure(settings)

    def make(self, filters: dict[str, str], services: dict[str, str] | None = None, settings: list[str] | None = None) -> None:
        own = self.sendmail
        own.filters, own.services, own.ports = filters, services or {"MTA": "", "submission": "M=Ea"}, PORTS
        own.settings = ["define(`confMAX_MESSAGE_SIZE', `33554432')"] if settings is None else settings
        own._write_config()

    def check(self) -> dict[str, dict]:
        """id → finding, of those above a note."""
        done = subprocess.run([self.warifu.programs / "warifu", "check", "--config", self.config, "--quiet", "--format", "json",
                               "--sendmail", self.sendmail.config / "sendmail.cf"], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": "/nonexistent"})  # a Postfix of the machine is not asked
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        bad = any(line["level"] in ("uncovered", "fails-open", "error") for line in lines)
        self.assertEqual(done.returncode, int(bad), done.stdout + done.stderr)
        return {line.get("id", line["text"]): line for line in lines}

    def mend(self, finding: dict) -> None:
        own = self.sendmail
        for remedy in finding["remedies"]:
            self.assertEqual(remedy["kind"], "sendmail.mc", finding)
            line = remedy["text"].removesuffix("dnl")
            if found := re.fullmatch(r"INPUT_MAIL_FILTER\(`(\w+)', `(.*)'\)", line):
                own.filters[found[1]] = found[2]
            else:
                own.settings.append(line)
        own._write_config()

    def assert_found(self, name: str, level: str, *, mended: bool = True) -> dict:
        found = self.check()
        self.assertEqual({key: line["level"] for key, line in found.items()}, {name: level}, found)
        self.assertTrue(found[name]["follows"])
        if mended:
            self.mend(found[name])
            self.assertEqual(self.check(), {}, found[name])
        return found[name]

    # -- right configurations --------------------------------------------------------------------

    def test_the_recommended_line_is_quiet(self):
        self.assertEqual(self.check(), {})

    def test_a_rich_setup_is_quiet(self):
        other = "S=inet:8891@127.0.0.1, F=T, T=S:30s;R:30s"
        self.make({"warifu": f"{self.socket}, F=T, {TIMES}", "opendkim": other},
                  {"MTA": "I=warifu;opendkim", "submission": "M=Ea,I=warifu;opendkim"})
        self.assertEqual(self.check(), {})

    def test_what_the_check_prints_to_plug_in_is_right(self):
        told = subprocess.run([self.warifu.programs / "warifu", "check", "--config", self.config, "--postfix", "/nonexistent"],
                              capture_output=True, text=True).stdout
        line, = re.findall(r"INPUT_MAIL_FILTER\(`warifu', `(.*)'\)dnl", told)
        self.make({"warifu": line})
        self.assertEqual(self.check(), {})

    # -- each misconfiguration -------------------------------------------------------------------

    def test_no_filter(self):
        self.make({"clamav": "S=local:/run/clamav.sock, F=T"})
        self.sendmail.filters = {}
        self.sendmail._write_config()
        self.assert_found("filter", "uncovered")

    def test_no_flag(self):
        self.make({"warifu": f"{self.socket}, {TIMES}"})
        self.assert_found("flag", "fails-open")

    def test_a_flag_while_observing(self):
        self.configure({"mode": "observe"})
        found = self.check()
        self.assertEqual({key: line["level"] for key, line in found.items()},
                         {"flag-observing": "hurts", "old-mode": "warning"})
        self.mend(found["flag-observing"])
        self.assertEqual(self.check().keys(), {"old-mode"})

    def test_one_port_alone(self):
        self.make({"warifu": f"{self.socket}, F=T, {TIMES}", "clamav": "S=local:/run/clamav.sock, F=T"},
                  {"MTA": "", "submission": "I=clamav"})
        text = self.assert_found("port", "uncovered", mended=False)
        self.assertIn("submission (127.0.0.1 port 587)", text["text"])
        self.assertIn("InputMailFilters=warifu;clamav", text["remedies"][0]["text"])
        self.make(self.sendmail.filters, {"MTA": "", "submission": "I=warifu;clamav"})
        self.assertEqual(self.check(), {})

    def test_defined_and_not_asked(self):
        self.make({}, settings=["define(`confMAX_MESSAGE_SIZE', `33554432')",
                                f"MAIL_FILTER(`warifu', `{self.socket}, F=T, {TIMES}')"])
        self.assert_found("port", "uncovered")

    def test_order(self):
        self.make({"opendkim": "S=inet:8891@127.0.0.1, F=T", "warifu": f"{self.socket}, F=T, {TIMES}"})
        self.assert_found("order", "hurts")  # rules of the test strip and redact

    def test_times(self):
        for times in ("T=C:5m;S:30s;R:30s;E:1m", "T=R:2s;E:5m"):
            self.make({"warifu": f"{self.socket}, F=T, {times}"})
            self.assert_found("time", "hurts")

    def test_size(self):
        for settings in ([], ["define(`confMAX_MESSAGE_SIZE', `1000000000')"]):
            self.make({"warifu": f"{self.socket}, F=T, {TIMES}"}, settings=settings)
            self.assert_found("size", "uncovered")

    def test_another_path(self):
        self.make({"warifu": f"S=local:/nonexistent/warifu.sock, {TIMES}"})
        found = self.check()
        self.assertEqual({key: line["level"] for key, line in found.items()}, {"path": "fails-open"})
        self.mend(found["path"])
        self.assert_found("flag", "fails-open")

    def test_listeners_and_logins(self):
        self.make({"warifu": f"{self.socket}, F=T, {TIMES}"}, {"MTA": ""})
        self.assert_found("daemon-name", "uncovered", mended=False)
        self.make({"warifu": f"{self.socket}, F=T, {TIMES}"}, {"MTA": "", "submission": "M=EA"})
        self.assert_found("sasl", "hurts", mended=False)

    def test_a_folder_that_others_may_write_to(self):
        folder = self.warifu.socket.parent
        folder.chmod(0o775)
        try:
            found = self.check()
            self.assertEqual(found["unsafe"]["level"], "hurts")
            subprocess.run(["sh", "-c", found["unsafe"]["remedies"][0]["text"]], check=True)
            self.assertEqual(self.check(), {})
        finally:
            folder.chmod(0o755)

    def test_a_daemon_that_is_down(self):
        self.configure({"socket.address": "unix:@folder@/run/gone.sock"})
        self.make({"filter": f"S=local:{self.warifu.folder}/run/gone.sock, F=T, {TIMES}"})
        self.assertEqual({key: line["level"] for key, line in self.check().items()},
                         {"silent": "warning", "no-answer": "hurts"})

    def test_no_cf_at_all(self):
        (self.sendmail.config / "sendmail.cf").write_text("nothing\n")
        self.assertEqual({key: line["level"] for key, line in self.check().items()}, {"sendmail-cf": "error"})


if __name__ == "__main__":
    live.main()
