#!/usr/bin/env python3
"""The doctor, `warifu check`, against a real Postfix's configuration and a running warifu-milter.

Each misconfiguration is made on purpose in a copy of Postfix's folder, with Postfix's own postconf;
the finding appears with its level, and is gone once what --suggest printed has been done: commands
by a shell, lines of warifu.conf by the daemon's configuration. Nothing is said of right ones.
"""
import grp
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails, postfix, rules, scratch, warifu  # noqa: E402

RECOMMENDED = {"smtpd_milters": "unix:warifu/milter.sock", "non_smtpd_milters": "$smtpd_milters",
               "milter_default_action": "tempfail"}
SERVICES = """\
smtp       inet n - n - - smtpd
submission inet n - n - - smtpd
  -o milter_macro_daemon_name=submission
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""
CONTENT_FILTER = """\
127.0.0.1:10025 inet n - n - - smtpd
  -o content_filter=
  -o receive_override_options=no_header_body_checks,no_milters
"""


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        live.require_root()
        cls.scratch = scratch.Scratch("doctor-")  # a name of its own: "warifu" in a path means us
        cls.addClassCleanup(cls.scratch.remove)
        folder = cls.scratch.path
        cls.postfix = postfix.Postfix(folder / "postfix", 1, {})
        cls.postfix._write_config()
        owner = cls.postfix.owner
        cls.run_folder = cls.postfix.queue / "warifu"
        cls.run_folder.mkdir()
        cls.settings = {
            "socket.address": f"unix:{cls.run_folder}/milter.sock",
            "socketmap.address": f"unix:{cls.run_folder}/transport.sock",
            "socketmap.group": grp.getgrgid(owner.pw_gid).gr_name,
            "trusted_networks": ["127.0.0.0/8"]}
        cls.warifu = warifu.Warifu(folder / "daemon", cls.settings, table="taro@example.jp taro\n",
                                   group=owner.pw_gid, patterns=rules.text())
        os.chown(cls.run_folder, cls.warifu.uid, owner.pw_gid)
        cls.run_folder.chmod(0o2710)
        cls.warifu.start()
        cls.addClassCleanup(cls.warifu.stop)
        # Postfix's reload is written down: no Postfix runs.
        cls.stubs = cls.scratch.folder("stubs")
        for name in ("postfix", "systemctl"):
            (cls.stubs / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {folder}/stubbed\n')
            (cls.stubs / name).chmod(0o755)
        cls.env = {**cls.postfix.environment(), "TZ": "UTC",
                   "PATH": f"{cls.stubs}:{cls.postfix.root}/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
        del cls.env["MAIL_CONFIG"]

    def setUp(self):
        self.conf = self.scratch.path / "conf"
        shutil.rmtree(self.conf, ignore_errors=True)
        self.conf.mkdir()
        main = (self.postfix.config / "main.cf").read_text()
        self.write(main, SERVICES + (self.postfix.config / "master.cf").read_text())
        self.config = self.warifu.config
        self.configure({})
        self.edit(**RECOMMENDED, transport_maps=f"socketmap:unix:warifu/transport.sock:warifu",
                  mynetworks="127.0.0.0/8")

    # -- the MTA's side --------------------------------------------------------------------------

    def write(self, main: str, master: str) -> None:
        postfix.write_config(self.conf / "main.cf", main)
        postfix.write_config(self.conf / "master.cf", master)

    def shell(self, command: str) -> None:
        done = subprocess.run(["sh", "-e", "-c", command], env=self.env, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
        self.cool()

    def cool(self) -> None:
        """postconf -e, as an editor, leaves a file that is too young for Postfix's programs."""
        old = time.time() - 60
        for path in self.scratch.path.glob("*/*.cf"):
            os.utime(path, (old, old))

    def edit(self, **settings: str) -> None:
        self.shell(shlex.join(["postconf", "-c", str(self.conf), "-e", *(f"{name}={value}" for name, value in settings.items())]))

    def option(self, service: str, name: str, value: str) -> None:
        self.shell(shlex.join(["postconf", "-c", str(self.conf), "-P", f"{service}/{name}={value}"]))

    # -- warifu ----------------------------------------------------------------------------------

    def configure(self, settings: dict) -> None:
        """The daemon's file, which it reads at its start and at no other time here."""
        self.warifu.configure({**self.settings, **settings})

    def tool(self, *words, config: pathlib.Path | None = None) -> subprocess.CompletedProcess:
        return subprocess.run([self.warifu.programs / "warifu", "check", "--config", config or self.config, *map(str, words)],
                              env=self.env, capture_output=True, text=True, timeout=60)

    def check(self, *words) -> dict[str, dict]:
        """id → finding, of those above a note."""
        done = self.tool("--postfix", self.conf, "--quiet", "--format", "json", *words)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        bad = any(line["level"] in ("uncovered", "fails-open", "error") for line in lines)
        self.assertEqual(done.returncode, int(bad), done.stdout)
        return {line.get("id", line["text"]): line for line in lines}

    def mend(self, finding: dict) -> None:
        for remedy in finding["remedies"]:
            if remedy["kind"] == "command":
                self.shell(remedy["text"])
            elif remedy["kind"] == "warifu.conf":
                with open(self.config, "a") as config:
                    config.write(remedy["text"] + "\n")

    def assert_found(self, name: str, level: str, *, others: tuple[str, ...] = (), mended: bool = True) -> dict:
        """The finding is there, and nothing beside; mended, it is gone."""
        found = self.check()
        self.assertIn(name, found, found)
        self.assertEqual(found[name]["level"], level, found[name])
        self.assertTrue(found[name]["follows"])
        self.assertEqual(set(found) - {name, *others}, set(), found)
        if mended:
            self.mend(found[name])
            after = self.check()
            self.assertNotIn(name, after, f"{found[name]} stayed")
            self.assertLessEqual(set(after), set(others), after)
        return found[name]

    def drop(self, config: str, setting: str) -> None:
        """Takes one setting of the check's configuration away, for a remedy to bring it."""
        text = self.config.read_text().splitlines()
        self.config.write_text("".join(line + "\n" for line in text if not line.startswith(f"{setting} = ")) + config)

    # -- right configurations --------------------------------------------------------------------

    def test_the_recommended_lines_are_quiet(self):
        self.assertEqual(self.check(), {})
        self.configure({"mode": "observe"})
        self.edit(milter_default_action="accept")
        found = self.check()
        self.assertEqual(set(found), {"old-mode"}, "the daemon still enforces")
        self.configure({})
        done = self.tool("--postfix", self.conf, "--suggest")
        self.assertEqual((done.returncode, "postconf" in done.stdout), (1, True), done.stdout)

    def test_debians_own_files_are_quiet(self):
        """As its package has them, with smtpd in a chroot; the socket lies inside, or is told."""
        debian = self.postfix.root / "usr/share/postfix"
        places = [line for line in (self.postfix.config / "main.cf").read_text().splitlines()
                  if line.split(" = ")[0].endswith(("_directory", "mail_owner", "setgid_group"))]
        self.write((debian / "main.cf.debian").read_text() + "\n".join(places) +
                   "\nmynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n",
                   (debian / "master.cf.dist").read_text())
        self.assertIn(" y ", (self.conf / "master.cf").read_text())
        self.configure({"socketmap.address": "", "trusted_networks": None, "listeners": None, "directory.table": ""})
        self.edit(**RECOMMENDED)
        self.assertEqual(self.check(), {})
        self.edit(smtpd_milters=f"unix:{self.run_folder}/milter.sock")
        self.assertEqual(self.check().keys(), {"path"})

    def test_another_configuration_is_not_the_daemons(self):
        other = self.scratch.path / "trial.conf"
        other.write_text(self.config.read_text().replace('"enforce"', '"observe"', 1))
        self.edit(milter_default_action="accept")
        done = self.tool("--postfix", self.conf, "--format", "json", config=other)
        told = [line for line in map(json.loads, done.stdout.splitlines()) if line["level"] not in ("ok", "note")]
        self.assertEqual((done.returncode, told), (0, []))

    def test_a_rich_setup_is_quiet(self):
        self.write((self.conf / "main.cf").read_text(), (self.conf / "master.cf").read_text() + CONTENT_FILTER)
        self.edit(content_filter="scan:[127.0.0.1]:10024", milter_default_action="accept",
                  smtpd_milters="{ unix:warifu/milter.sock, default_action=tempfail }, inet:127.0.0.1:8891",
                  mua_milters="{ unix:/" + str(self.run_folder).lstrip("/") + "/milter.sock, default_action=tempfail }")
        self.option("submission/inet", "smtpd_milters", "$mua_milters,inet:127.0.0.1:8891")
        self.assertEqual(self.check(), {})

    def test_what_the_check_prints_to_plug_in_is_right(self):
        self.edit(smtpd_milters="", non_smtpd_milters="", transport_maps="", milter_default_action="accept")
        lines = self.tool("--postfix", self.conf).stdout.split("Postfix, in main.cf:\n")[1].splitlines()
        for line in lines:
            if not line.startswith("  "):
                break
            name, _, value = line.partition("#")[0].strip().partition(" = ")
            self.edit(**{name: value.strip()})
        self.assertEqual(self.check(), {})

    def test_suggestions_are_a_script(self):
        """All at once, as printed; what two findings wanted to set is said at the next check."""
        self.edit(smtpd_milters="inet:127.0.0.1:8891", non_smtpd_milters="", transport_maps="",
                  milter_default_action="accept", message_size_limit="99999999999")
        self.option("submission/inet", "milter_macro_daemon_name", "mail")
        self.option("submission/inet", "smtpd_sasl_auth_enable", "no")
        for _ in range(3):
            script = self.tool("--postfix", self.conf, "--suggest").stdout
            self.assertIn(f"postfix -c '{self.conf}' reload\n", script)
            self.shell(script)
            if not (left := self.check()):
                break
        self.assertEqual(left, {}, script)
        self.assertIn(f"postfix -c {self.conf} reload", (self.scratch.path / "stubbed").read_text())

    # -- each misconfiguration -------------------------------------------------------------------

    def test_default_action(self):
        self.edit(milter_default_action="accept")
        self.assert_found("default-action", "fails-open")
        self.edit(milter_default_action="tempfail", smtpd_milters="{ unix:warifu/milter.sock, default_action = accept }",
                  non_smtpd_milters="unix:warifu/milter.sock")
        self.assert_found("default-action", "fails-open")

    def test_default_action_while_observing(self):
        self.configure({"mode": "observe"})
        self.assert_found("default-action-observing", "hurts", others=("old-mode",))

    def test_one_service_alone(self):
        for value in ("", "inet:127.0.0.1:8891"):
            self.option("submission/inet", "smtpd_milters", value)
            self.assert_found("service", "uncovered")
        self.edit(smtpd_milters="")
        self.option("submission/inet", "smtpd_milters", "unix:warifu/milter.sock")
        self.edit(non_smtpd_milters="unix:warifu/milter.sock")
        self.assertIn("smtp/inet", self.assert_found("service", "uncovered")["text"])

    def test_no_service_at_all(self):
        self.edit(smtpd_milters="", non_smtpd_milters="unix:warifu/milter.sock")
        self.assert_found("service", "uncovered")

    def test_local_mail(self):
        self.edit(non_smtpd_milters="")
        self.assert_found("local", "uncovered")
        self.option("pickup/unix", "receive_override_options", "no_milters")
        self.assert_found("local-no-milters", "uncovered", mended=False)

    def test_no_milters(self):
        self.option("submission/inet", "receive_override_options", "no_milters")
        self.assert_found("no-milters", "uncovered")
        # On the way back of a content filter, where the way in does not ask warifu.
        self.write((self.conf / "main.cf").read_text(), (self.conf / "master.cf").read_text() + CONTENT_FILTER)
        self.edit(content_filter="scan:[127.0.0.1]:10024")
        self.option("smtp/inet", "smtpd_milters", "")
        self.assert_found("no-milters", "uncovered", others=("service", "twice"))

    def test_order(self):
        self.edit(smtpd_milters="inet:127.0.0.1:8891, unix:warifu/milter.sock")
        signed = self.tool("--postfix", self.conf, "--format", "json").stdout
        levels = {line["level"] for line in map(json.loads, signed.splitlines()) if line.get("id") == "order"}
        cuts = '"strip"' in rules.text() or '"redact"' in rules.text()
        self.assertEqual(levels, {"hurts" if cuts else "note"})
        if cuts:
            self.assert_found("order", "hurts")

    def test_twice_and_proxy(self):
        self.write((self.conf / "main.cf").read_text(), (self.conf / "master.cf").read_text() + CONTENT_FILTER)
        self.edit(content_filter="scan:[127.0.0.1]:10024")
        self.option("127.0.0.1:10025/inet", "receive_override_options", "no_header_body_checks")
        self.assert_found("twice", "hurts")
        self.option("smtp/inet", "smtpd_proxy_filter", "127.0.0.1:10024")
        self.assert_found("proxy-filter", "uncovered", mended=False)

    def test_times(self):
        self.edit(milter_content_timeout="60s")
        self.assert_found("content-timeout", "hurts")
        self.edit(milter_command_timeout="3s")
        self.assert_found("command-timeout", "hurts")
        self.edit(milter_content_timeout="300s",
                  smtpd_milters="{ unix:warifu/milter.sock, default_action=accept, content_timeout=20s }")
        self.assert_found("content-timeout", "fails-open", others=("default-action",))

    def test_size(self):
        self.edit(message_size_limit="104857600")
        finding = self.assert_found("size", "uncovered", mended=False)
        self.assertEqual(finding["remedies"], [{"kind": "warifu.conf", "text": 'limits = { message = "100M"; };'}])
        self.mend(finding)
        self.assertEqual(self.check(), {})
        self.configure({})
        self.edit(message_size_limit="0")
        self.assert_found("size", "uncovered")

    def test_protocol_and_macros(self):
        self.edit(milter_protocol="2", milter_mail_macros="i {mail_addr}")
        self.assert_found("protocol", "hurts")
        # Only before 2.6 do the lists count: later, warifu says which macros it wants.
        self.edit(mail_version="2.5.9", milter_connect_macros="j {daemon_name}", milter_end_of_data_macros="i")
        self.assert_found("macros", "uncovered", others=("version",))
        self.edit(mail_version="3.7.11", milter_macro_defaults="{auth_authen}=webmaster")
        self.assert_found("macro-defaults", "fails-open")

    def test_an_old_version(self):
        self.edit(mail_version="3.7.8")
        self.assert_found("version", "uncovered", mended=False)
        self.edit(mail_version="3.7.9")
        self.assertEqual(self.check(), {})

    def test_notes_are_no_findings(self):
        self.edit(smtpd_milter_maps="inline:{192.0.2.1=DISABLE}")
        self.assertEqual(self.check(), {})
        told = self.tool("--postfix", self.conf, "--format", "json").stdout
        self.assertIn("milter-maps", {json.loads(line).get("id") for line in told.splitlines()})

    def test_tcp(self):
        port = scratch.free_port()
        self.configure({"socket.address": f"inet:{port}@127.0.0.1"})
        self.edit(smtpd_milters=f"inet:localhost:{port}")
        self.assertEqual(self.check().keys(), {"silent", "no-answer"}, "TCP by itself is a note")
        self.configure({"socket.address": f"inet:{port}@0.0.0.0"})
        self.assertEqual(self.check().keys(), {"silent", "no-answer", "tcp-open"})

    def test_local_mail_at_a_listener_for_users(self):
        self.configure({"listeners": [{"name": "all", "daemon_name": "", "submission": True, "require_account": True}]})
        self.option("smtp/inet", "smtpd_sasl_auth_enable", "yes")
        self.assert_found("local-account", "hurts", mended=False)

    def test_listeners_and_logins(self):
        self.option("submission/inet", "milter_macro_daemon_name", "users")
        self.assert_found("daemon-name", "uncovered")
        self.option("submission/inet", "smtpd_sasl_auth_enable", "no")
        self.assert_found("sasl", "hurts")

    def test_networks(self):
        self.edit(mynetworks="127.0.0.0/8, 192.0.2.0/24")
        found = self.assert_found("networks", "uncovered", mended=False)
        self.drop("", "trusted_networks")
        self.mend(found)
        self.assertEqual(self.check(), {})

    def test_socketmap(self):
        self.edit(transport_maps="inline:{x=y}")
        self.assert_found("socketmap", "uncovered")
        self.edit(transport_maps=f"socketmap:unix:{self.run_folder}/other.warifu:warifu")
        self.assert_found("socketmap-path", "hurts", mended=False)

    def test_chroot(self):
        """The daemon's socket lies outside of the queue; smtpd runs inside."""
        outside = self.warifu.folder / "run/outside.sock"
        self.configure({"socket.address": f"unix:{outside}"})
        self.edit(smtpd_milters=f"unix:{outside}", non_smtpd_milters=f"unix:{outside}")
        for service in ("smtp/inet", "submission/inet", "cleanup/unix"):
            self.shell(f"postconf -c {self.conf} -F {service}/chroot=y")
        found = self.check()
        self.assertEqual(found.keys(), {"path", "silent"}, found)
        self.assertEqual(found["path"]["level"], "hurts")
        self.assertIn("runs in the chroot", found["path"]["text"])
        self.drop("", "socket")
        for remedy in found["path"]["remedies"]:
            if remedy["kind"] == "warifu.conf":  # that place, and the socket that the daemon has there
                text = remedy["text"].replace("warifu.sock", "milter.sock")
                self.drop(text + "\n", "socket")
            elif remedy["kind"] == "command":
                self.shell(remedy["text"].replace("warifu.sock", "milter.sock"))
        self.edit(smtpd_milters="unix:warifu/milter.sock", non_smtpd_milters="unix:warifu/milter.sock")
        os.chown(self.run_folder, self.warifu.uid, self.postfix.owner.pw_gid)
        self.assertEqual(self.check(), {})

    def test_rights(self):
        socket = self.run_folder / "milter.sock"
        os.chown(socket, 0, 0)
        try:
            self.assert_found("rights", "hurts", mended=False)
            found = self.check()["rights"]
            self.mend({"remedies": [remedy for remedy in found["remedies"] if remedy["kind"] == "command"]})
            self.assertEqual(self.check(), {})
            self.run_folder.chmod(0o700)
            self.assert_found("rights", "hurts")
        finally:
            os.chown(socket, self.warifu.uid, self.postfix.owner.pw_gid)
            self.run_folder.chmod(0o2710)

    def test_a_mistyped_path(self):
        self.edit(smtpd_milters="unix:warifu/milter.sok", non_smtpd_milters="unix:warifu/milter.sock",
                  milter_default_action="accept")
        self.assert_found("path", "fails-open", others=("default-action",))

    def test_a_misspelt_setting(self):
        self.write((self.conf / "main.cf").read_text() + "smtpd_miltres = unix:warifu/milter.sock\n",
                   (self.conf / "master.cf").read_text())
        self.assert_found("spelling", "hurts", mended=False)

    def test_a_configuration_that_postfix_itself_refuses(self):
        self.write((self.conf / "main.cf").read_text() + "smtpd_milters = $one\none = $two\ntwo = $one\n",
                   (self.conf / "master.cf").read_text())
        found = self.check()
        self.assertEqual(found.keys(), {"postconf"})
        self.assertIn("macro", found["postconf"]["text"])

    def test_the_disk_of_the_queue(self):
        self.edit(message_size_limit=str(1 << 60))
        found = self.check()
        self.assertEqual({name: found[name]["level"] for name in found}, {"disk": "hurts", "size": "uncovered"})

    def test_a_daemon_that_is_down(self):
        self.configure({"socket.address": f"unix:{self.run_folder}/gone.sock"})
        self.edit(smtpd_milters="unix:warifu/gone.sock")
        found = self.check()
        self.assertEqual({name: found[name]["level"] for name in found}, {"silent": "warning", "no-answer": "hurts"})
        self.edit(milter_default_action="accept")
        self.assertEqual(self.check()["no-answer"]["level"], "uncovered")

    def test_rules_that_the_daemon_has_not_read(self):
        path = self.warifu.patterns / "live.toml"
        before = path.read_text()
        path.write_text(before.replace("[[rules]]", "[[rules]]\nentropy = 0.1", 1))
        try:
            self.assertEqual(self.check().keys(), {"old-rules"})
        finally:
            path.write_text(before)

    def test_instances(self):
        """The one that asks warifu is looked at, the other is named."""
        other = self.scratch.path / "other"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(self.conf, other)
        self.edit(multi_instance_enable="yes", multi_instance_directories=str(other))
        self.shell(f"postconf -c {other} -e smtpd_milters= non_smtpd_milters= multi_instance_name=postfix-out")
        self.configure({"postfix.config_directory": str(self.conf)})
        told = [json.loads(line) for line in self.tool("--format", "json").stdout.splitlines()]
        notes = {line["file"]: line["level"] for line in told if line.get("id") == "instance"}
        self.assertEqual(notes, {str(other): "note"}, told)
        self.assertNotIn("uncovered", {line["level"] for line in told})
        self.assertIn("service", {json.loads(line).get("id") for line in
                                  self.tool("--postfix", other, "--format", "json").stdout.splitlines()})


class Truth(unittest.TestCase):
    """What the findings say comes of it, at services of a running Postfix."""
    USER = "taro@example.jp"

    @classmethod
    def setUpClass(cls):
        cls.gate = gateway.for_class(
            cls, {"listeners": [{"name": "submission", "daemon_name": "submission", "submission": True,
                                 "require_account": True}]},
            users=[cls.USER], table=f"{cls.USER} {cls.USER}\n", patterns=rules.text(),
            postfix={"milter_default_action": "accept", "non_smtpd_milters": "unix:@warifu@/run/milter.sock"},
            services={"bare": {"smtpd_milters": ""}, "off": {"receive_override_options": "no_milters"},
                      "open": {"smtpd_milters": "unix:/nonexistent/warifu.sock"},
                      "invented": {"milter_macro_defaults": "{auth_authen}=" + cls.USER}})

    def send(self, service: str):
        mail = mails.Mail(self.USER, "somebody@example.net", [rules.marker("reject")]).raw()
        before = len(self.gate.warifu.events())
        reply = self.gate.send("", self.USER, "somebody@example.net", mail, service=service)
        return reply.code, self.gate.warifu.events()[before:]

    def test_what_is_said_of_each_service(self):
        env = {**self.gate.postfix.environment(), "PATH": f"{self.gate.postfix.root}/usr/sbin:/usr/bin:/bin"}
        done = subprocess.run([self.gate.warifu.programs / "warifu", "check", "--config", self.gate.warifu.config, "--postfix",
                               self.gate.postfix.config, "--format", "json"], env=env, capture_output=True, text=True)
        found = {line["id"]: line for line in map(json.loads, done.stdout.splitlines()) if "id" in line}
        named = {service: f"127.0.0.1:{port}/inet" for service, port in self.gate.postfix.ports.items()}
        for name, service in (("service", "bare"), ("no-milters", "off"), ("path", "open"), ("macro-defaults", "invented")):
            self.assertIn(named[service], found[name]["text"])
            self.assertNotIn(named["mx"], found[name]["text"])
        self.assertEqual(found["default-action"]["level"], "fails-open")

    def test_mail_passes_unseen(self):
        code, events = self.send("mx")
        self.assertEqual((code, len(events)), (250, 1), "inbound is not scanned, and seen")
        for service in ("bare", "off", "open"):
            code, events = self.send(service)
            self.assertEqual((code, events), (250, []), service)

    def test_a_made_up_login_counts(self):
        code, events = self.send("invented")
        self.assertEqual((code, [event["account"] for event in events]), (550, [self.USER]))

    def test_a_handshake_is_no_mail(self):
        before = self.gate.warifu.events_path.stat().st_size
        done = subprocess.run([self.gate.warifu.programs / "warifu", "check", "--config", self.gate.warifu.config],
                              env={"PATH": "/nonexistent"}, capture_output=True, text=True)
        self.assertIn(f"unix:{self.gate.warifu.socket}: answers, version 6 of the protocol", done.stdout)
        self.assertEqual(self.gate.warifu.events_path.stat().st_size, before)
        self.assertNotIn(" error: ", self.gate.warifu.log.read_text())


if __name__ == "__main__":
    live.main()
