"""Books: what became of every mail of a replay, told by the client, the sink and the queue alone.

The unit is one mail for one mailbox: a mail to a list of three mailboxes is three entries. The
books balance when each entry is in exactly one place: refused, delivered, held, or waiting in the
queue.
"""
import collections
import dataclasses
import re
import threading
import time


@dataclasses.dataclass
class Entry:
    token: str
    kind: str          # what the mail is for in the replay
    mailbox: str       # where it must arrive
    sender: str
    answer: int = 0    # the last reply that concerned it
    text: str = ""
    queue_id: str = ""
    attempts: int = 0
    when: float = 0.0  # of that reply


class Books:
    def __init__(self):
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str], Entry] = {}
        self._next = 0

    def new(self, kind: str, sender: str, mailboxes) -> str:
        """A token for a mail that is about to be sent."""
        with self._lock:
            self._next += 1
            token = f"T{self._next:07}Z"
            for mailbox in mailboxes:
                self._entries[token, mailbox] = Entry(token, kind, mailbox, sender)
        return token

    def answered(self, token: str, mailboxes, code: int, text: str) -> None:
        queued = re.search(r"queued as (\w+)", text)
        with self._lock:
            for mailbox in mailboxes:
                entry = self._entries[token, mailbox]
                entry.answer, entry.text, entry.attempts = code, text, entry.attempts + 1
                entry.when = time.monotonic()
                entry.queue_id = queued[1] if queued else ""

    def entries(self, kind: str = "") -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries.values() if entry.kind.startswith(kind)]

    def entry(self, token: str, mailbox: str) -> Entry:
        with self._lock:
            return self._entries[token, mailbox]

    def balance(self, delivered: collections.Counter, queue: list[dict]) -> "Balance":
        """`delivered`: (token, mailbox) → how often, of the sink; `queue`: postqueue -j."""
        waiting = {(mail["queue_id"], to["address"]): mail["queue_name"]
                   for mail in queue for to in mail["recipients"]}
        result = Balance()
        for key, entry in sorted(self._entries.items()):
            places = ["delivered"] * delivered[key]
            if entry.answer >= 400 or entry.answer == 0:
                places.append("refused" if entry.answer >= 500 else "deferred")
            elif (entry.queue_id, entry.mailbox) in waiting:
                places.append("held" if waiting[entry.queue_id, entry.mailbox] == "hold" else "queued")
            if len(places) != 1:
                result.wrong.append(f"{entry.kind} {entry.token} to {entry.mailbox} is in {places or 'no place'}: "
                                    f"{entry.answer} {entry.text}")
                continue
            result.places[places[0]] += 1
            result.by_kind[entry.kind][places[0]] += 1
        strangers = set(delivered) - set(self._entries)
        result.wrong += [f"delivered, but never sent: {key}" for key in sorted(strangers)]
        result.injected = len(self._entries)
        return result


@dataclasses.dataclass
class Balance:
    injected: int = 0
    places: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    by_kind: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(collections.Counter))
    wrong: list = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.injected} injected = " + " + ".join(
            f"{self.places[place]} {place}" for place in ("delivered", "refused", "deferred", "held", "queued"))]
        for kind, places in sorted(self.by_kind.items()):
            lines.append(f"    {kind:24} " + ", ".join(f"{count} {place}" for place, count in sorted(places.items())))
        return "\n".join(lines)
