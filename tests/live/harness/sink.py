"""An LMTP server that accepts every mail and files what arrived.

Counts come from here: what a test says was delivered is what this server took over the wire after
Postfix let it go.
"""
import contextlib
import dataclasses
import itertools
import pathlib
import re
import socketserver
import threading

from . import scratch


@dataclasses.dataclass(frozen=True)
class Delivered:
    sender: str
    recipients: tuple[str, ...]
    raw: bytes  # as it came: CRLF line ends, dots undone

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    def fields(self, name: str) -> list[bytes]:
        """The values of every field of that name, folds kept, in order."""
        unfolded = re.split(rb"\r\n(?![ \t])", self.head)
        prefix = name.lower().encode() + b":"
        return [field[len(prefix):].strip() for field in unfolded if field.lower().startswith(prefix)]


class Sink:
    def __init__(self, folder: pathlib.Path, not_now=lambda recipient: False):
        """`not_now`: the recipients that are told to come again (451), as by a store that is down."""
        self.folder, self.not_now = folder, not_now
        self._lock = threading.Lock()
        self._mails: list[Delivered] = []
        self._numbers = itertools.count(1)
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):  # Postfix stopped
                    _Session(sink, self.rfile, self.wfile).run()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def file(self, mail: Delivered) -> None:
        with self._lock:
            self._mails.append(mail)
            (self.folder / f"{next(self._numbers):05d}.eml").write_bytes(mail.raw)

    def forget(self) -> None:
        with self._lock:
            self._mails.clear()

    def mails(self) -> list[Delivered]:
        with self._lock:
            return list(self._mails)

    def to(self, recipient: str) -> list[Delivered]:
        return [mail for mail in self.mails() if recipient in mail.recipients]

    def wait_for(self, recipient: str, count: int = 1, seconds: float = 20) -> list[Delivered]:
        """All mails to that recipient, once there are `count` of them."""
        return scratch.wait_until(lambda: len(self.to(recipient)) >= count and self.to(recipient),
                                  seconds, f"{count} mail(s) to {recipient} at the sink")


class _Session:
    def __init__(self, sink: Sink, rfile, wfile):
        self.sink, self.rfile, self.wfile = sink, rfile, wfile
        self.sender, self.recipients = None, []

    def run(self) -> None:
        self.say("220 sink LMTP")
        for line in iter(self.rfile.readline, b""):
            words = line.decode("utf-8", "replace").strip()
            verb = words.split(" ")[0].upper()
            if verb == "LHLO":
                self.say("250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE\r\n250 PIPELINING")
            elif verb == "MAIL":
                self.sender, self.recipients = _path(words), []
                self.say("250 2.1.0 ok")
            elif verb == "RCPT":
                if self.sink.not_now(_path(words)):
                    self.say("451 4.3.0 come again")
                    continue
                self.recipients.append(_path(words))
                self.say("250 2.1.5 ok")
            elif verb == "DATA" and not self.recipients:  # pipelined behind refusals (RFC 2033)
                self.say("503 5.5.1 no recipient")
            elif verb == "DATA":
                self.take()
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.sender, self.recipients = None, []
                self.say("250 2.0.0 ok")

    def take(self) -> None:
        self.say("354 go on")
        lines = []
        for line in iter(self.rfile.readline, b""):
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.sink.file(Delivered(self.sender or "", tuple(self.recipients), b"".join(lines)))
        for _ in self.recipients:
            self.say("250 2.0.0 filed")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


def _path(words: str) -> str:
    return words.partition("<")[2].rpartition(">")[0]
