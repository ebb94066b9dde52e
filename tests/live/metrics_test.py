#!/usr/bin/env python3
"""Metrics of a daemon under a real Postfix: true, well formed, and all that alert rules and dashboard ask for."""
import collections
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, metrics, rules, scratch, unpacked  # noqa: E402

TANAKA, SUZUKI = "tanaka@example.jp", "suzuki@example.jp"
TABLE = f"{TANAKA} {TANAKA}\n{SUZUKI} {SUZUKI}\n"
SECRETS = [rules.marker(action) for action in rules.ACTIONS]
ALERTS = unpacked.ROOT / "packaging/prometheus/warifu.rules.yml"
DASHBOARD = unpacked.ROOT / "packaging/grafana/warifu.json"
# Of sources that this gateway does not have.
ELSEWHERE = {"warifu_changes_read_timestamp_seconds", "warifu_changes_failures_total",
             "warifu_source_connections", "warifu_source_timeouts_total", "warifu_source_refused_total"}
OF_PROMETHEUS = {"instance", "job"}


def alert_expressions() -> list[str]:
    """As promtool sees them: it has no way to print them, and the standard library no YAML."""
    found, block = [], None
    for line in ALERTS.read_text().splitlines():
        if block is not None and line.startswith(" " * 10):
            block.append(line.strip())
            continue
        if block:
            found.append(" ".join(block))
        match = re.match(r" +expr: (.*)", line)
        block = None if not match else [] if match[1] == ">-" else [match[1]]
    return found


def dashboard_expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return found + [note["expr"] for note in dashboard["annotations"]["list"]]


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(
            cls, {"metrics.address": "unix:@folder@/run/metrics.sock", "metrics.mode": "0666"},
            users=[TANAKA, SUZUKI], table=TABLE, patterns=rules.text(), secrets=SECRETS)
        cls.warifu = cls.gateway.warifu

    def read(self) -> metrics.Metrics:
        return metrics.fetch(self.warifu.folder / "run/metrics.sock")

    def test_counts_are_those_of_the_events_and_of_status(self):
        for number, action in enumerate(rules.ACTIONS):
            mail = mails.Mail(TANAKA, f"m{number}@example.net", ["本文", rules.marker(action)])
            self.gateway.send(TANAKA, TANAKA, mail.to, mail.raw())
        plain = mails.Mail("someone@example.org", TANAKA, ["本文"])
        self.gateway.send("", "someone@example.org", plain.to, plain.raw())
        swapped = mails.Mail(SUZUKI, "swapped@example.net", ["本文"])
        self.gateway.send(TANAKA, SUZUKI, swapped.to, swapped.raw())
        events = scratch.wait_until(lambda: (e := self.warifu.events())[8:] and e, 10, "nine events")
        read = self.read()
        expected = collections.Counter((e["listener"], e["direction"], e["action"]) for e in events)
        counted = {tuple(value for _, value in key[1:]): value for key, value in read.samples.items()
                   if key[0] == "warifu_messages_total" and value}
        self.assertEqual(counted, dict(expected))
        self.assertEqual({key[2][1] for key in read.samples if key[0] == "warifu_messages_total"},
                         {"outbound", "internal", "inbound"})
        would = collections.Counter(e["would"] for e in events)
        for action, number in would.items():
            self.assertEqual(read.value("warifu_messages_would_total", action=action), number, action)
        findings = collections.Counter(f["rule"] for e in events for f in e["findings"])
        for rule, number in findings.items():
            self.assertEqual(read.value("warifu_findings_total", rule=rule), number, rule)
        self.assertEqual(read.value("warifu_findings_total", rule="live-hold", severity="high", mode="enforce"), 1)
        self.assertEqual(read.value("warifu_checks_total", check="sender", outcome="fail"), 1)
        ended = sum(e["stage"] == "end" for e in events)
        self.assertEqual(read.value("warifu_message_duration_seconds_count"), ended)
        seconds = sum(e["microseconds"].get("total", 0) for e in events) / 1e6
        self.assertAlmostEqual(read.value("warifu_message_duration_seconds_sum"), seconds, places=5)
        for stage in ("parse", "first_pass", "second_pass", "checks", "decide"):
            ran = sum(stage in e["microseconds"] for e in events)
            self.assertGreater(ran, 5, stage)
            self.assertEqual(read.value("warifu_stage_duration_seconds_count", stage=stage), ran, stage)
        self.assertGreaterEqual(read.value("warifu_stage_duration_seconds_count", stage="mail"), len(events))
        self.assertEqual(read.value("warifu_store_up"), 1)
        status = json.loads(self.warifu.tool("status", "--config", self.warifu.config, "--format", "json").stdout)
        self.assertEqual(status["messages"], len(events))
        self.assertEqual(status["verdicts"], dict(collections.Counter(e["action"] for e in events)))
        self.assertEqual(status["stages"]["total"]["times"], ended)
        self.assertNotIn("example.", read.text)
        self.assertNotIn("tanaka", read.text)

    def test_promtool_finds_nothing_wrong_with_the_text(self):
        told = metrics.promtool("check", "metrics", text=self.read().text)
        self.assertEqual((told.returncode, told.stdout + told.stderr), (0, ""))

    def test_promtool_finds_nothing_wrong_with_the_alert_rules_and_they_do_what_they_say(self):
        told = metrics.promtool("check", "rules", ALERTS)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
        count = re.search(r"(\d+) rules found", told.stdout)
        self.assertEqual(int(count[1]), len(alert_expressions()))
        with tempfile.TemporaryDirectory() as folder:
            tests = pathlib.Path(folder) / "tests.yml"
            text = (pathlib.Path(__file__).parent / "alerts.yml").read_text()
            tests.write_text(text.replace("@rules@", str(ALERTS)))
            told = metrics.promtool("test", "rules", tests)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
        named = set(re.findall(r"alert: (\w+)", ALERTS.read_text()))
        tested = set(re.findall(r"alertname: (\w+)", text))
        self.assertEqual(tested, named, "each alert has a test in alerts.yml")

    def test_promtool_can_read_every_query_of_the_dashboard(self):
        lines = ["groups:", "  - name: dashboard", "    rules:"]
        for number, expression in enumerate(dashboard_expressions()):
            query = re.sub(r"\$__rate_interval|\$__range", "5m", expression).replace("$job", "warifu")
            lines += [f"      - record: query:{number}", f"        expr: {json.dumps(query.replace('$instance', '.*'))}"]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            told = metrics.promtool("check", "rules", file.name)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_what_alert_rules_and_dashboard_ask_for_is_there(self):
        read = self.read()
        asked = 0
        for expression in alert_expressions() + dashboard_expressions():
            for name, labels in metrics.uses(expression, read.types).items():
                asked += 1
                if name in ELSEWHERE:
                    continue
                self.assertIn(name, read.types, expression)
                self.assertLessEqual(labels - OF_PROMETHEUS, read.labels[name], expression)
        self.assertGreater(asked, 60)
        self.assertFalse(ELSEWHERE & set(read.types), "this gateway has them: ask for them above")

    def test_the_dashboard_is_whole(self):
        dashboard = json.loads(DASHBOARD.read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(set(ids)), len(ids))
        cells = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            covers = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                      for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & covers, f"{panel['title']} lies over another panel")
            cells |= covers

    def test_the_manual_names_what_is_served(self):
        manual = set(re.findall(r"^\.It Va (\S+)", (unpacked.ROOT / "man/warifu-metrics.7").read_text(), re.M))
        self.assertEqual(set(self.read().types) | ELSEWHERE, manual)


if __name__ == "__main__":
    live.main()
