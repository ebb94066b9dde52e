"""A milter that answers "continue" to everything and writes down what Postfix told it.

Proves the harness: that Postfix really asks a milter, and with which macros. It speaks version 6 of
the protocol as Postfix does and changes nothing.
"""
import pathlib
import socketserver
import struct
import threading

_SILENT = b"DAQK"  # macros, abort, quit, quit and start anew: no answer is wanted


class Witness:
    def __init__(self, path: pathlib.Path):
        self.address = f"unix:{path}"
        self.macros: dict[str, str] = {}   # the last value of each
        self.commands: list[str] = []      # one letter a command, in order
        witness = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                witness._serve(self.rfile, self.wfile)

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self._server = Server(str(path), Handler)
        path.chmod(0o666)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, rfile, wfile) -> None:
        while len(head := rfile.read(4)) == 4:
            packet = rfile.read(struct.unpack(">I", head)[0])
            command, data = packet[:1], packet[1:]
            self.commands.append(command.decode())
            if command == b"O":
                answer = b"O" + struct.pack(">III", 6, 0, 0)
                wfile.write(struct.pack(">I", len(answer)) + answer)
            elif command == b"D":
                words = data[1:].decode("utf-8", "replace").split("\0")
                self.macros.update(zip(words[0::2], words[1::2]))
            elif command == b"Q":
                return
            elif command not in _SILENT:
                wfile.write(b"\0\0\0\1c")
