"""The SQLite store of a running warifu-milter, as another process sees it. Changes go by `warifu`."""
import contextlib
import pathlib
import sqlite3


class Store:
    def __init__(self, path: pathlib.Path):
        self.path = path

    def rows(self, query: str, *values) -> list[sqlite3.Row]:
        with contextlib.closing(self._open()) as database:
            return database.execute(query, values).fetchall()

    def proven(self, address: str) -> list[str]:
        return [row[0] for row in self.rows("SELECT account FROM proofs WHERE address = ? ORDER BY account", address)]

    def disputed(self, address: str) -> bool:
        return bool(self.rows("SELECT 1 FROM marks WHERE address = ? AND dispute IS NOT NULL", address))

    def history(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT kind || ' ' || address FROM history ORDER BY id")]

    def incident(self, reference: str) -> sqlite3.Row:
        row, = self.rows("SELECT * FROM incidents WHERE reference = ?", reference)
        return row

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=10)
        database.row_factory = sqlite3.Row
        return database
