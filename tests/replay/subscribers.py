"""Subscribers of a mobile carrier, and the directory that says who owns which address now.

Everything comes from a seeded generator. The directory is an SQLite file that the carrier's own
programs change while mail flows; warifu and the sink both ask it by SQL, so that a mail is filed
under the account that owns its address at that moment.
"""
import contextlib
import pathlib
import sqlite3
import time

DOMAIN = "mobile.example.jp"
QUERY = "SELECT account FROM owners WHERE address = :address"
LIST_QUERY = "SELECT address, account FROM owners"


def address(number: int) -> str:
    return f"user{number:07}@{DOMAIN}"


def account(number: int) -> str:
    return f"s{number:07}"


def phone(number: int) -> str:
    """The address of his phone, on loopback."""
    return f"127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


class Leases:
    """Who has which address of a phone, as an access server's accounting writes it."""

    QUERY = "SELECT account, updated FROM leases WHERE ip = :ip AND stopped IS NULL"

    def __init__(self, path: pathlib.Path):
        self.path = path
        with _open(self.path) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE leases (ip TEXT, account TEXT, updated REAL, stopped REAL)")
            database.execute("CREATE INDEX by_ip ON leases (ip)")

    def start(self, rows, age: float = 0) -> None:
        """(number of the phone, number of the subscriber) of each; last updated `age` seconds ago."""
        now = time.time()
        with _open(self.path) as database:
            database.executemany("INSERT INTO leases VALUES (?, ?, ?, NULL)",
                                 ((phone(ip), account(who), now - age) for ip, who in rows))

    def stop(self, numbers) -> None:
        """All leases of these phones end."""
        with _open(self.path) as database:
            database.executemany("UPDATE leases SET stopped = ? WHERE ip = ?",
                                 ((time.time(), phone(ip)) for ip in numbers))


class Directory:
    """`count` subscribers, number → address and account; those of `swapped` will change places.
    `shared`: mailbox → the accounts that own it together."""

    def __init__(self, path: pathlib.Path, count: int, swapped: list[int], shared: dict[str, list[str]]):
        self.path, self.count = path, count
        # One cycle through all of them: nobody keeps his own, as when rows shift against each other.
        self.moved = dict(zip(swapped, swapped[1:] + swapped[:1]))  # whose address → who has it then
        with _open(self.path) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE owners (address TEXT NOT NULL, account TEXT NOT NULL, "
                             "PRIMARY KEY (address, account)) WITHOUT ROWID")
            database.executemany("INSERT INTO owners VALUES (?, ?)",
                                 ((address(n), account(n)) for n in range(count)))
            database.executemany("INSERT INTO owners VALUES (?, ?)",
                                 ((mailbox, owner) for mailbox, owners in shared.items() for owner in owners))

    def swap(self) -> None:
        """One transaction, as a migration that goes wrong."""
        self._set((account(now), address(number)) for number, now in self.moved.items())

    def mend(self) -> None:
        self._set((account(number), address(number)) for number in self.moved)

    def owner(self, mailbox: str) -> str:
        """The account that owns the address now, the first of several; "" for none. From any thread."""
        with _open(self.path) as database:
            row = database.execute("SELECT account FROM owners WHERE address = ? ORDER BY account", (mailbox,)).fetchone()
        return row[0] if row else ""

    def _set(self, rows) -> None:
        with _open(self.path) as database:
            database.executemany("UPDATE owners SET account = ? WHERE address = ?", rows)


@contextlib.contextmanager
def _open(path: pathlib.Path):
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as database, database:
        yield database
