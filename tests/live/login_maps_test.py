#!/usr/bin/env python3
"""The lines that `warifu check` prints for smtpd_sender_login_maps give the owners that Postfix finds.

Real maps of each type, made by the real postmap or kept by real servers; the truth is what
`postmap -q` says, in the order in which smtpd(8) asks. What warifu says is what `warifu scan`
decides about mail of each address under each account, configured with the printed lines alone.
"""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "servers")]
import servers  # noqa: E402
from harness import live, postfix, rules, scratch, unpacked, warifu  # noqa: E402

OWNERS = {"taro@example.jp": "taro", "hanako@example.jp": "hanako", "info@example.jp": "taro,hanako",
          "o'brien@example.jp": "hanako", "@catch.example.jp": "taro"}
ASKED = [*(address for address in OWNERS if not address.startswith("@")), "nobody@example.jp", "x@catch.example.jp",
         "taro+news@example.jp"]
ACCOUNTS = ["taro", "hanako"]
BASE = """\
mode = "enforce"; user = ""; cache_dir = ""; store = { url = ""; };
domains = [ "example.jp", "catch.example.jp" ]; trusted_networks = [];
rules = { paths = [ "@folder@/rules.toml" ]; }; fingerprint = { key_file = "@folder@/key"; };
"""


class LoginMaps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.root = unpacked.tree("servers")
        except unpacked.UnpackError as error:
            raise unittest.SkipTest(str(error))
        own = scratch.Scratch("warifu-maps-")
        cls.addClassCleanup(own.remove)
        cls.folder = own.path
        cls.rows = [(address, owner) for address, owners in OWNERS.items() for owner in owners.split(",")]
        cls.boxes = "create table boxes (address varchar(200), login varchar(200), active boolean default true);\n" + "".join(
            "insert into boxes (address, login) values ('{}', '{}');\n".format(address.replace("'", "''"), owner)
            for address, owner in cls.rows) + "insert into boxes values ('taro@example.jp', 'gone', false);\n"
        cls.postgresql, cls.mariadb, cls.slapd = (
            kind(own.folder(kind.name)) for kind in (servers.PostgreSQL, servers.MariaDB, servers.Slapd))
        cls.mariadb.initial = cls.boxes
        for server in (cls.postgresql, cls.mariadb, cls.slapd):
            cls.addClassCleanup(server.stop)
            server.start()
        cls.postfix = servers.Postmap(own.folder("postmap"))
        cls.postfix.start()
        cls.conf = cls.postfix.folder / "postfix"
        cls.main = (cls.conf / "main.cf").read_text()
        with open(cls.conf / "dynamicmaps.cf", "a") as types:
            for kind in ("pgsql", "mysql", "ldap", "sqlite"):
                types.write(f"{kind}\t{cls.root}/usr/lib/postfix/postfix-{kind}.so\tdict_{kind}_open\n")
        (cls.conf / "master.cf").write_text("")
        (cls.folder / "rules.toml").write_text(rules.text())
        (cls.folder / "password").write_text(servers.PASSWORD + "\n")
        mails = own.folder("mails")
        for number, address in enumerate(ASKED):
            (mails / f"{number}.eml").write_text(f"From: {address}\nTo: a@example.net\nSubject: x\n\nx\n")
        cls.fill()

    @classmethod
    def fill(cls):
        source = cls.folder / "owners"
        source.write_text("".join(f"{address} {owners}\n" for address, owners in OWNERS.items()))
        cls.postgresql.psql(cls.boxes)
        with sqlite3.connect(cls.folder / "boxes.sqlite") as database:
            database.execute("create table boxes (address text, login text)")
            database.executemany("insert into boxes values (?, ?)", cls.rows)
        # A file of another Postfix program's is read by smtpd as well; passwords stand in it.
        server = f"hosts = 127.0.0.1:{cls.postgresql.port}\nuser = warifu\npassword = {servers.PASSWORD}\ndbname = postgres\n"
        mysql = f"hosts = 127.0.0.1:{cls.mariadb.port}\nuser = warifu\npassword = {servers.PASSWORD}\ndbname = warifu\n"
        ldap = (f"search_base = dc=example,dc=jp\nresult_attribute = uid\nversion = 3\nbind = yes\n"
                f"bind_dn = cn=reader,dc=example,dc=jp\nbind_pw = {servers.PASSWORD}\n")
        files = {
            "pgsql.cf": server + "query = SELECT login FROM boxes\n  WHERE address = '%s' AND active\n",
            "pgsql_old.cf": server + "table = boxes\nselect_field = login\nwhere_field = address\n"
                                     "additional_conditions = AND active\n",
            "pgsql_halves.cf": server + "query = SELECT login FROM boxes WHERE address = '%u' || '@' || '%d' AND active\n",
            "mysql.cf": mysql + "query = SELECT login FROM boxes WHERE address = '%s' AND active\n",
            "mysql_old.cf": mysql + "table = boxes\nselect_field = login\nwhere_field = address\n"
                                    "additional_conditions = and active = 1\n",
            "mysql_halves.cf": mysql + "query = SELECT login FROM boxes WHERE address = CONCAT('%u', '@', '%d') AND active\n",
            "sqlite.cf": f"dbpath = {cls.folder}/boxes.sqlite\nquery = SELECT login FROM boxes WHERE address = '%s'\n",
            "ldap.cf": ldap + f"server_host = ldap://127.0.0.1:{cls.slapd.port}\nquery_filter = (mail=%s)\n",
            "ldap_bare.cf": ldap + f"server_host = 127.0.0.1\nserver_port = {cls.slapd.port}\nquery_filter = mail=%s\n",
            "ldap_tls.cf": ldap + f"server_host = ldap://127.0.0.1:{cls.slapd.port}\nquery_filter = (&(mail=%s)(uid=*))\n"
                                  f"start_tls = yes\ntls_ca_cert_file = {cls.slapd.folder}/server.pem\n",
        }
        for name, text in files.items():
            postfix.write_config(cls.folder / name, text)
        for kind in ("hash", "lmdb", "cdb"):
            cls.postmap(f"{kind}:{source}")

    # -- Postfix ---------------------------------------------------------------------------------

    @classmethod
    def environment(cls) -> dict[str, str]:
        libraries = servers.Server._env(cls.postfix)["LD_LIBRARY_PATH"]
        return {**os.environ, "MAIL_CONFIG": str(cls.conf), "LD_LIBRARY_PATH": libraries,
                "PATH": f"{cls.root}/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}

    @classmethod
    def postmap(cls, *words) -> str:
        done = subprocess.run([cls.postfix.script, *words], capture_output=True, text=True)
        if done.returncode not in (0, 1) or "fatal" in done.stderr:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def truth(self, table: str) -> dict[str, set[str]]:
        """In smtpd's order, which stops at the first row that is there."""
        found = {}
        for address in ASKED:
            local, _, domain = address.partition("@")
            for key in dict.fromkeys([address, f"{local.split('+')[0]}@{domain}", f"@{domain}"]):
                owners = self.postmap("-q", key, table)
                if owners:
                    break
            found[address] = {owner.strip() for owner in owners.split(",") if owner}
        return found

    # -- warifu ----------------------------------------------------------------------------------

    def tool(self, *words, env: dict[str, str] | None = None) -> str:
        done = subprocess.run([warifu.program("warifu"), *map(str, words)], capture_output=True, text=True, env=env,
                              timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.stdout

    def printed(self, table: str) -> str:
        postfix.write_config(self.conf / "main.cf",
                             self.main + f"recipient_delimiter = +\nsmtpd_sender_login_maps = {table}\n")
        base = self.folder / "base.conf"
        base.write_text(BASE.replace("@folder@", str(self.folder)))
        told = self.tool("check", "--config", base, env=self.environment())
        self.assertNotIn(servers.PASSWORD, told)
        head, found, lines = told.partition(f"smtpd_sender_login_maps asks {table}, in warifu.conf:\n")
        self.assertTrue(found, told)
        return lines

    def answers(self, lines: str) -> dict[str, set[str]]:
        config = self.folder / "warifu.conf"
        lines = re.sub(r'password_file = "[^"]*"', f'password_file = "{self.folder}/password"', lines)
        config.write_text(BASE.replace("@folder@", str(self.folder)) + lines)
        found = {address: set() for address in ASKED}
        for account in ACCOUNTS:
            told = self.tool("scan", "--all", "--account", account, "--config", config, "--format", "json",
                             self.folder / "mails")
            verdicts = {json.loads(line)["path"]: json.loads(line)["verdict"] for line in told.splitlines()}
            for number, address in enumerate(ASKED):
                verdict = verdicts[str(self.folder / f"mails/{number}.eml")]
                self.assertIn(verdict, ("accept", "reject"), f"{account} as {address}: {told}")
                if verdict == "accept":
                    found[address].add(account)
        return found

    def test_printed_lines_find_the_same_owners(self):
        tables = [*(f"{kind}:{self.folder}/owners" for kind in ("hash", "proxy:lmdb", "cdb")),
                  *(f"{name.partition('_')[0]}:{self.folder}/{name}.cf"
                    for name in ("pgsql", "pgsql_old", "pgsql_halves", "mysql", "mysql_old", "mysql_halves", "sqlite", "ldap_bare", "ldap_tls"))]
        for table in tables:
            with self.subTest(table.replace(str(self.folder), "…")):
                lines = self.printed(table)
                truth = self.truth(table.removeprefix("proxy:"))
                self.assertEqual(truth["taro@example.jp"], {"taro"}, "the map itself works")
                self.assertEqual(truth["info@example.jp"], {"taro", "hanako"})
                self.assertEqual(self.answers(lines), truth, lines)


if __name__ == "__main__":
    live.main()
