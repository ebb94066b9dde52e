"""A directory that changes as a real one does: one table of an SQLite file, owners by the address."""
import contextlib
import pathlib
import sqlite3


class Owners:
    """`folder` must let the daemon's user write: SQLite's journal lies beside the file."""

    def __init__(self, folder: pathlib.Path, owners: dict[str, list[str]]):
        self.path = folder / "owners.db"
        with self.open() as database:
            database.execute("CREATE TABLE owners (address TEXT, account TEXT, PRIMARY KEY (address, account))")
        for address, accounts in owners.items():
            self.put(address, *accounts)
        self.path.chmod(0o666)

    @property
    def settings(self) -> dict:
        """Of a warifu that asks it."""
        return {"directory.table": None, "directory.type": "sql", "directory.url": f"sqlite:{self.path}",
                "directory.query": "SELECT account FROM owners WHERE address = :address",
                "directory.list_query": "SELECT address, account FROM owners ORDER BY address"}

    def open(self):
        return contextlib.closing(sqlite3.connect(self.path, isolation_level=None))

    def put(self, address: str, *accounts: str) -> None:
        """The directory says so from now on; without an account the address is gone."""
        with self.open() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM owners WHERE address = ?", (address,))
            database.executemany("INSERT INTO owners VALUES (?, ?)", [(address, account) for account in accounts])
            database.execute("COMMIT")
