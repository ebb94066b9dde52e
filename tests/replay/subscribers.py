"""Subscribers of a mobile carrier, and the directory that says who owns which address now.

Everything comes from a seeded generator. The directory is an SQLite file that the carrier's own
programs change while mail flows; warifu and the sink both ask it by SQL, so that a mail is filed
under the account that owns its address at that moment.
"""
import contextlib
import pathlib
import sqlite3

DOMAIN = "mobile.example.jp"
QUERY = "SELECT account FROM owners WHERE address = :address"
LIST_QUERY = "SELECT address, account FROM owners"


def address(number: int) -> str:
    return f"user{number:07}@{DOMAIN}"


def account(number: int) -> str:
    return f"s{number:07}"


class Directory:
    """`count` subscribers, number → address and account; those of `swapped` will change places."""

    def __init__(self, path: pathlib.Path, count: int, swapped: list[int]):
        self.path, self.count = path, count
        # One cycle through all of them: nobody keeps his own, as when rows shift against each other.
        self.moved = dict(zip(swapped, swapped[1:] + swapped[:1]))  # whose address → who has it then
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE owners (address TEXT PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID")
            database.executemany("INSERT INTO owners VALUES (?, ?)",
                                 ((address(n), account(n)) for n in range(count)))

    def swap(self) -> None:
        """One transaction, as a migration that goes wrong."""
        self._set((account(now), address(number)) for number, now in self.moved.items())

    def mend(self) -> None:
        self._set((account(number), address(number)) for number in self.moved)

    def owner(self, mailbox: str) -> str:
        """The account that owns the address now; "" for none. From any thread."""
        with self._open() as database:
            row = database.execute("SELECT account FROM owners WHERE address = ?", (mailbox,)).fetchone()
        return row[0] if row else ""

    def _set(self, rows) -> None:
        with self._open() as database:
            database.executemany("UPDATE owners SET account = ? WHERE address = ?", rows)

    @contextlib.contextmanager
    def _open(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as database, database:
            yield database
