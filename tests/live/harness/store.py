"""The SQLite store of a running warifu-milter, as another process sees and changes it.

Each change writes its history row in the same transaction: that is how the daemon hears of it.
"""
import contextlib
import pathlib
import sqlite3
import time


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

    def lock(self, account: str, scope: int = 2, reason: str = "phished") -> None:
        self._change("lock", account=account, statement=(
            "INSERT INTO locks VALUES (?, ?, ?, 'SEC-1', 'live test', ?, NULL)", (account, scope, reason, now())))

    def unlock(self, account: str) -> None:
        self._change("unlock", account=account, statement=("DELETE FROM locks WHERE account = ?", (account,)))

    def grant(self, account: str, target: str) -> None:
        self._change("grant", account=account, statement=(
            "INSERT INTO grants VALUES (?, ?, 'T-1', 'live test', ?, NULL)", (account, target, now())))

    def announce(self, address: str, old: str, new: str) -> None:
        self._change("announce", address=address, statement=(
            "INSERT INTO changes (address, from_account, to_account, reference, announced_by, announced, "
            "valid_until, state) VALUES (?, ?, ?, 'T-2', 'live test', ?, ?, 0)",
            (address, old, new, now(), now() + 3600 * 10**6)))

    def _change(self, kind: str, *, statement, address: str = "", account: str = "") -> None:
        with contextlib.closing(self._open()) as database, database:
            database.execute(*statement)
            row = database.execute(
                "INSERT INTO history (kind, address, accounts, who, happened, reference, why, was, became) "
                "VALUES (?, ?, ?, 'live test', ?, '', '', '', '')", (kind, address, account, now()))
            if account:
                database.execute("INSERT INTO history_accounts VALUES (?, ?)", (account, row.lastrowid))

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=10)
        database.row_factory = sqlite3.Row
        return database


def now() -> int:
    return time.time_ns() // 1000
