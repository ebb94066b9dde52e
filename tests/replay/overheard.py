"""Overheard: stands between Postfix and warifu's socketmap and notes every question and answer.

So a replay can say of each mail when Postfix asked last where it may go, and that no answer to a
question that came after some moment let it pass.
"""
import dataclasses
import pathlib
import socket
import socketserver
import threading
import time


@dataclasses.dataclass(frozen=True)
class Answer:
    asked: float  # time.monotonic()
    key: str
    text: str     # "NOTFOUND ", "OK retry:4.7.1 …", "TEMP …"


class Overheard:
    def __init__(self, path: pathlib.Path, behind: pathlib.Path):
        """Listens on `path` and passes everything on to `behind`."""
        self._lock, self._answers = threading.Lock(), []
        overheard = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with socket.socket(socket.AF_UNIX) as other:
                    other.connect(str(behind))
                    overheard._pass(self.rfile, self.wfile, other.makefile("rb"), other)

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(str(path), Handler)
        path.chmod(0o666)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answers(self) -> list[Answer]:
        with self._lock:
            return list(self._answers)

    def _pass(self, questions, wfile, answers, other) -> None:
        try:
            while question := _netstring(questions):
                asked = time.monotonic()
                other.sendall(_framed(question))
                answer = _netstring(answers)
                if not answer:
                    return
                with self._lock:
                    self._answers.append(Answer(asked, question.partition(b" ")[2].decode(), answer.decode()))
                wfile.write(_framed(answer))
        except OSError:
            return  # one of the two has stopped


def _framed(text: bytes) -> bytes:
    return b"%d:%s," % (len(text), text)


def _netstring(file) -> bytes:
    """b"" at the end."""
    length = b""
    while (byte := file.read(1)).isdigit():
        length += byte
    return file.read(int(length) + 1)[:-1] if byte == b":" else b""
