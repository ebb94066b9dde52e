#!/usr/bin/env python3
"""The Debian package: built by dpkg-buildpackage, clean in lintian, and as installed it observes.

Built by tests/package in a folder of the build tree. Nothing is installed on the machine: the package is unpacked into that folder.
"""
import grp
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/live"))
from harness import gateway, live, mails, members, postfix, scratch, unpacked  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WARIFU_BUILD", ROOT / "build/dev"))

def run(*words, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, **more)


def listed(name: str) -> set[str]:
    lines = (ROOT / "packaging/dependencies" / name).read_text().splitlines()
    return {words[0] for words in (line.split("#")[0].split() for line in lines) if words}


def control(field: str) -> set[str]:
    """Package names of a dependency field, the first of each choice, versions and substitutions cut."""
    text = (ROOT / "packaging/debian/control").read_text()
    value = re.search(rf"(?m)^{field}:((?:.*\n)(?:[ \t].*\n)*)", text)[1]
    names = (re.match(r"[a-z0-9.+-]+", entry.strip()) for entry in value.split(","))
    return {name[0] for name in names if name}


class DependencyLists(unittest.TestCase):
    def test_build_list_is_what_the_package_builds_with(self):
        own = {"debhelper-compat", "dh-apparmor", "dh-sequence-installsysusers"}
        self.assertEqual(listed("build"), control("Build-Depends") - own)

    def test_run_list_is_what_the_package_depends_on(self):
        self.assertEqual(listed("run"), control("Depends"))

    def test_no_mail_server_is_ever_installed(self):
        unpacked = {"postfix", "sasl2-bin", "dovecot-core", "sendmail-bin"}
        for name in ("build", "run", "test", "quickstart"):
            self.assertFalse(listed(name) & unpacked, name)


class DebianPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("dpkg-buildpackage"):
            raise unittest.SkipTest("dpkg-buildpackage is missing")
        cls.work = BUILD / "package"
        shutil.rmtree(cls.work, ignore_errors=True)
        built = run(ROOT / "tests/package", "--work", cls.work)
        if built.returncode != 0:
            raise AssertionError(built.stdout + built.stderr)
        cls.changes, = cls.work.glob("warifu_*.changes")
        cls.deb, = cls.work.glob("warifu_*.deb")
        cls.root = cls.work / "root"
        subprocess.run(["dpkg", "-x", cls.deb, cls.root], check=True)

    def test_lintian_finds_nothing(self):
        found = run("lintian", "--fail-on", "error,warning", "--allow-root", self.changes)
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)

    def unpacked_run(self, *words):
        """A program of the list `package`, with its libraries."""
        root = unpacked.tree("package")
        libraries = {str(path.parent) for path in root.rglob("*.so.*")}
        return run(root / words[0], *words[1:], env=os.environ | {"LD_LIBRARY_PATH": ":".join(libraries)})

    def test_apparmor_profile_parses(self):
        base = unpacked.tree("package") / "etc/apparmor.d"
        parsed = self.unpacked_run("sbin/apparmor_parser", "--skip-kernel-load", "--skip-cache",
                                   "--base", base, self.root / "etc/apparmor.d/usr.sbin.warifu-milter")
        self.assertEqual(parsed.returncode, 0, parsed.stderr)
        self.assertNotIn("rror", parsed.stderr.replace("config file", ""))

    def test_unit_is_shut_in(self):
        unit = self.root / "lib/systemd/system/warifu-milter.service"
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is missing")
        measured = run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
        self.assertEqual(measured.returncode, 0, measured.stdout[-200:])
        verified = run("systemd-analyze", "verify", "--recursive-errors=no", unit)
        self.assertNotIn("Unknown", verified.stderr)

    def test_holds_what_an_operator_needs(self):
        for path in ("usr/sbin/warifu-milter", "usr/bin/warifu", "etc/warifu/warifu.conf",
                     "lib/systemd/system/warifu-milter.service", "usr/lib/sysusers.d/warifu.conf",
                     "usr/lib/tmpfiles.d/warifu.conf", "usr/share/man/man8/warifu-milter.8.gz",
                     "usr/share/man/man1/warifu.1.gz", "usr/share/man/man5/warifu.conf.5.gz",
                     "usr/share/man/man5/warifu-notices.5.gz",
                     "usr/share/man/man5/warifu-records.5.gz",
                     "usr/share/man/man5/warifu-patterns.5.gz", "usr/share/man/man7/warifu-events.7.gz",
                     "usr/share/man/man7/warifu-guide.7.gz", "usr/share/man/man7/warifu-metrics.7.gz",
                     "usr/share/warifu/prometheus/warifu.rules.yml", "usr/share/warifu/grafana/warifu.json",
                     "usr/share/bash-completion/completions/warifu",
                     "usr/share/zsh/vendor-completions/_warifu"):
            self.assertTrue((self.root / path).is_file(), path)
        self.assertTrue(list((self.root / "usr/share/warifu/patterns").glob("*.toml")))

    def test_configuration_is_a_conffile(self):
        files = run("dpkg-deb", "-I", self.deb, "conffiles").stdout.split()
        self.assertIn("/etc/warifu/warifu.conf", files)

    def test_programs_are_hardened(self):
        for program in ("usr/sbin/warifu-milter", "usr/bin/warifu"):
            headers = run("readelf", "-hlWd", self.root / program).stdout
            self.assertRegex(headers, r"Type:\s+DYN", program)       # position independent
            self.assertIn("GNU_RELRO", headers, program)
            self.assertRegex(headers, r"\bNOW\b", program)
            self.assertRegex(headers, r"GNU_STACK.* RW +0x", program)  # no executable stack

    def test_as_installed_it_observes(self):
        """The installed daemon, rules and configuration behind Postfix: a leak passes, and is reported."""
        live.require_root()
        sender, recipient = "suzuki@example.jp", "observed@example.net"
        gate = gateway.Gateway({}, users=[sender], table="", programs=self.root, template=self.adapted(),
                               patterns=self.root / "usr/share/warifu/patterns")
        self.addCleanup(gate.close)
        victim = members.generate(1)[0]
        mail = mails.Mail(sender, recipient, ["本文です。"], ["鈴木", victim.row]).raw()
        self.assertEqual(gate.send(sender, "somebody@example.org", recipient, mail).code, 250)
        arrived, = gate.sink.wait_for(recipient)
        self.assertEqual(arrived.body, mail.partition(b"\r\n\r\n")[2])
        self.assertEqual(arrived.fields("X-Warifu"), [])
        event = gate.warifu.event_for(recipient)
        self.assertEqual((event["mode"], event["action"], event["would"]), ("observe", "accept", "strip"))
        self.rotate(gate)
        again = "rotated@example.net"
        self.assertEqual(gate.send(sender, "somebody@example.org", again, mail).code, 250)
        gate.sink.wait_for(again)
        self.assertEqual(gate.warifu.event_for(again)["would"], "strip")
        checked = gate.warifu.tool("check", "--config", gate.warifu.config)
        self.assertIn("mode observe", checked.stdout, checked.stderr)

    def rotate(self, gate):
        """By the package's own logrotate file, with the folder, its owner and the way to signal moved."""
        events = gate.warifu.events_path
        text = (self.root / "etc/logrotate.d/warifu").read_text()
        for old, new in (("/var/log/warifu", str(events.parent)), ("su warifu warifu", "su root root"),
                         ("create 0640 warifu warifu", "create 0640"),
                         ("systemctl kill --kill-whom=main --signal=USR1 warifu-milter.service",
                          f"kill -USR1 {gate.warifu.process.pid}")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        config, state = events.parent / "rotate.conf", events.parent / "rotate.state"
        config.write_text(text)
        config.chmod(0o644)
        before = events.stat().st_ino
        rotated = self.unpacked_run("usr/sbin/logrotate", "--force", "--state", state, config)
        self.assertEqual((rotated.returncode, rotated.stderr), (0, ""))
        self.assertNotEqual(events.stat().st_ino, before)
        opened = pathlib.Path(f"/proc/{gate.warifu.process.pid}/fd")
        scratch.wait_until(lambda: str(events) in {os.readlink(fd) for fd in opened.iterdir()}, 20,
                           "the daemon to open the new file")

    def adapted(self) -> str:
        """The installed configuration with its paths, and nothing else, moved into a scratch folder."""
        text = (self.root / "etc/warifu/warifu.conf").read_text()
        moved = {
            "rules = {": 'paths = [ "@patterns@" ];',
            "events = {": 'target = "@folder@/log/events.jsonl";',
            "fingerprint = {": 'key_file = "@folder@/state/fingerprint.key";',
            "store = {": 'url = "sqlite:@folder@/state/warifu.db";',
            "socket = {": 'address = "@socket@"; group = "%s";' % grp.getgrgid(postfix.owner()[0].pw_gid).gr_name,
            "control = {": 'socket = "@folder@/run/control.sock";'}
        for group, setting in moved.items():
            self.assertEqual(text.count("\n" + group), 1, group)
            text = text.replace("\n" + group, f"\n{group} {setting}")
        return text + '\nuser = "";\ncache_dir = "@folder@/cache";\n'

    def test_user_and_rights_come_from_systemd_files(self):
        scripts = run("dpkg-deb", "-I", self.deb, "postinst").stdout
        self.assertIn("systemd-sysusers", scripts)
        self.assertIn("systemd-tmpfiles", scripts)
        self.assertLess(scripts.index("systemd-sysusers"), scripts.index("systemd-tmpfiles"))


if __name__ == "__main__":
    live.main()
