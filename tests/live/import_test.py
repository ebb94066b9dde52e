#!/usr/bin/env python3
"""`warifu bind import` that is killed: never half taken over, while the daemon goes on answering.

One user sends all the time. However far an import came before kill -9, the store is whole and says
all or nothing; the next import completes, and the daemon judges by what it brought. With SQLite and with
a real PostgreSQL.
"""
import json
import pathlib
import re
import shutil
import sys
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "servers")]
import servers  # noqa: E402
from harness import gateway, live, rules, scratch, store, warifu  # noqa: E402

COUNT = 40_000
TANAKA, OUT = "tanaka@example.jp", "customer@example.net"
KILLED_AT = (0.2, 0.45, 0.65, 0.85)  # of the time that an import takes


def mail(author: str) -> bytes:
    return f"From: {author}\r\nSubject: test\r\n\r\n本文\r\n".encode()


def table(**moved: str) -> str:
    owners = {f"s{number:06}": f"s{number:06}" for number in range(COUNT)} | moved
    return f"{TANAKA} tanaka\n" + "".join(f"{name}@example.jp {owner}\n" for name, owner in owners.items())


class Import:
    """`store_url`, and another one for the measured import; `env`: what opens them."""
    gate: gateway.Gateway
    other_url: str
    env: dict[str, str] = {}

    @classmethod
    def begin_gateway(cls, store_url: str, other_url: str) -> None:
        cls.other_url = other_url
        cls.gate = gateway.for_class(cls, {"account.realm": "strip", "store.url": store_url}, users=[TANAKA],
                                     table=table(), patterns=rules.text(), env=cls.env)

    def imported(self) -> int:
        """Addresses that an import, and not a mail, has proven."""
        raise NotImplementedError

    def command(self, *words, status: int = 0, config: pathlib.Path | None = None) -> str:
        done = self.gate.warifu.tool(*words, "--config", config or self.gate.warifu.config)
        self.assertEqual(done.returncode, status, done)
        return done.stdout

    def begin(self, config: pathlib.Path | None = None):
        warifu = self.gate.warifu
        return scratch.spawn([warifu.programs / "warifu", "bind", "import", "--config", config or warifu.config],
                             log=warifu.folder / "log/import", env={"PATH": "/usr/bin:/bin", **self.env}, user=warifu.uid,
                             group=warifu.gid)

    def time_of_an_import(self) -> float:
        """Into a store of its own."""
        config = self.config(self.other_url.replace("@folder@", str(self.gate.warifu.folder)))
        start = time.monotonic()
        self.assertEqual(self.begin(config).wait(60), 0, (self.gate.warifu.folder / "log/import").read_text())
        return time.monotonic() - start

    def config(self, store_url: str) -> pathlib.Path:
        """The daemon's, with another store."""
        path = self.gate.warifu.folder / "run/other.conf"
        text, count = re.subn(r'(store = \{ url = )"[^"]*"', rf'\1"{store_url}"', self.gate.warifu.config.read_text())
        self.assertEqual(count, 1)
        path.write_text(text)
        return path

    def test_killed_at_many_moments(self):
        stop, answers = threading.Event(), []
        user = threading.Thread(target=self.send_all_the_time, args=(stop, answers))
        user.start()
        try:
            scratch.wait_until(lambda: len(answers) > 3, 20, "ordinary mail")
            whole = self.time_of_an_import()
            seen = []
            for part in KILLED_AT:
                process = self.begin()
                time.sleep(whole * part)
                process.kill()
                process.wait()
                checked = self.command("store", "check", "--deep")
                self.assertIn(self.imported(), (0, COUNT), f"half an import, killed at {part:.0%}: {checked}")
                seen.append(self.imported() == COUNT)
                if seen[-1]:
                    break
            self.assertFalse(seen[0], "an import that was killed at its beginning was taken for complete")
            if not seen[-1]:
                self.command("bind", "import")
            self.assertEqual(self.imported(), COUNT)
            summary = json.loads(self.command("bind", "import", "--format", "json").splitlines()[-1])
            self.assertEqual((summary["kind"], summary["same"], summary["swapped"]), ("summary", COUNT + 1, 0), summary)
        finally:
            stop.set()
            user.join(30)
        self.assertEqual({str(reply) for reply, _ in answers if reply.code != 250}, set())
        slowest = max(seconds for _, seconds in answers)
        self.assertLess(slowest, 4)
        print(f"{type(self).__name__}: an import of {COUNT} took {whole:.1f} s; killed {len(seen)} times; {len(answers)} mails meanwhile, "
              f"slowest {slowest:.2f} s", file=sys.stderr)
        # The running daemon judges by what another process has brought.
        warifu = self.gate.warifu
        self.assertEqual(self.gate.send("", "stranger@example.org", "s000007@example.jp", mail(OUT)).code, 250)
        warifu.table.write_text(table(s000007="s000008"))
        self.assertEqual(warifu.reload().returncode, 0)
        self.assertEqual(self.gate.send("", "stranger@example.org", "s000007@example.jp", mail(OUT)).code, 451)

    def send_all_the_time(self, stop: threading.Event, answers: list) -> None:
        with self.gate.client(TANAKA) as client:
            while not stop.wait(0.05):
                start = time.monotonic()
                client.reset()
                reply = client.send(TANAKA, [OUT, f"s{len(answers):06}@example.jp"], mail(TANAKA))
                answers.append((reply, time.monotonic() - start))


class Sqlite(Import, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.begin_gateway("sqlite:@folder@/state/warifu.db", "sqlite:@folder@/run/other.db")
        cls.store = store.Store(cls.gate.warifu.folder / "state/warifu.db")

    def imported(self) -> int:
        return self.store.rows("SELECT count(*) FROM proofs WHERE account <> 'tanaka'")[0][0]


class Postgresql(Import, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.for_class(cls, servers.PostgreSQL)
        cls.server.psql("create database other")
        password = cls.server.folder.parent / "pgpass"
        password.write_text(f"*:*:*:*:{servers.PASSWORD}\n")
        password.chmod(0o600)
        shutil.chown(password, warifu.USER)
        cls.env = {"PGPASSFILE": str(password)}
        words = f"postgresql:host=127.0.0.1 port={cls.server.port} user=warifu dbname="
        cls.begin_gateway(words + "postgres", words + "other")

    def imported(self) -> int:
        return int(self.server.psql("select count(*) from warifu.proofs where account <> 'tanaka'"))

    def test_killed_while_it_copies(self):
        """A moment that the server itself names."""
        rows = "select tuples_processed from pg_stat_progress_copy"
        for attempt in range(20):
            self.server.psql(f"create database copied{attempt}")
            config = self.config(f"postgresql:host=127.0.0.1 port={self.server.port} user=warifu dbname=copied{attempt}")
            self.command("store", "check", config=config)  # makes the tables
            process = self.begin(config)
            scratch.wait_until(lambda: process.poll() is not None or self.server.psql(rows), 30, "a copy", 0)
            if process.poll() is None:
                break
        process.kill()
        self.assertEqual(process.wait(), -9)
        scratch.wait_until(lambda: not self.server.psql(rows), 30, "the server to end the copy")
        self.assertRegex(self.command("store", "check", "--deep", config=config), r"(?m)^addresses +0$")
        self.assertEqual(self.begin(config).wait(60), 0)
        self.assertRegex(self.command("store", "check", "--deep", config=config), rf"(?m)^addresses +{COUNT + 1}$")


if __name__ == "__main__":
    live.main()
