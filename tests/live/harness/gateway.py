"""Gateway: scratch folder, sink, mail server and warifu-milter as one thing for a test class.

The mail server is Postfix here; sendmail_gateway.py has the same with Sendmail. Postfix gets two services that ask warifu: `submission`, where users log in, and `mx`, as on port 25.
With `twin` there is a second daemon, at `submission2` and `mx2`, as on another machine. In Postfix's settings "@warifu@" is the daemon's scratch folder.
"""
import contextlib

from . import client as clients
from . import live, scratch
from .postfix import Postfix
from .sink import Sink
from .warifu import Warifu

PASSWORD = "Correct-Horse-7"
LOGIN = {"smtpd_sasl_auth_enable": "yes", "smtpd_relay_restrictions": "permit_sasl_authenticated,reject"}


class Gateway:
    _NO_OUTPUT = ("sink/", "postfix/queue/", "postfix/conf/", "sendmail/", "warifu/bin/", "warifu2/bin/", "warifu/cache/", "warifu2/cache/")

    def __init__(self, settings: dict, *, users, table: str, postfix: dict[str, str] | None = None,
                 services: dict[str, dict[str, str]] | None = None, twin: dict | None = None,
                 before=lambda warifu: None, **rules):
        """`services`: further options of Postfix's services, or further services that ask warifu;
        `twin`: settings of the second daemon beside those of the first;
        `before`: called with each daemon, to make what it needs at its start."""
        self.replies: list[clients.Reply] = []
        self._stack = contextlib.ExitStack()
        try:
            self.scratch = scratch.Scratch()
            self._stack.callback(self.scratch.remove)
            self.sink = Sink(self.scratch.folder("sink"))
            self._stack.callback(self.sink.close)
            self._start(settings, users, table, postfix or {}, services or {}, twin, before, rules)
        except BaseException:
            self._stack.close()
            raise

    def _start(self, settings, users, table, postfix, services, twin, before, rules) -> None:
        folder = self.scratch.path
        self.mta = self.mail_server(postfix, services, twin is not None)
        for user in users:
            self.mta.add_user(user, PASSWORD)
        daemons = [Warifu(folder / name, values, table=table, group=self.mta.gid, **rules)
                   for name, values in (("warifu", settings), ("warifu2", {**settings, **(twin or {})}))
                   if name == "warifu" or twin is not None]
        self.warifu, self.twin = daemons[0], daemons[-1]
        for daemon in daemons:
            before(daemon)
            daemon.start()
            self._stack.callback(daemon.stop)
        self.mta.start()
        self._stack.callback(self.mta.stop)

    def mail_server(self, postfix, services, twin: bool):
        """Not yet started."""
        folder = self.scratch.path
        named = {"submission": LOGIN, "mx": {}}
        asked = {name: {"smtpd_milters": f"unix:{folder}/warifu/run/milter.sock", "milter_macro_daemon_name": name,
                        **named.get(name, {}), **services.get(name, {})} for name in {**named, **services}}
        if twin:
            asked |= {f"{name}2": {**asked[name], "smtpd_milters": f"unix:{folder}/warifu2/run/milter.sock"}
                      for name in named}
        self.postfix = Postfix(folder / "postfix", self.sink.port, asked,
                               {"milter_default_action": "tempfail",
                                **{name: value.replace("@warifu@", f"{folder}/warifu")
                                   for name, value in postfix.items()}})
        return self.postfix

    def close(self) -> None:
        self._stack.close()

    def client(self, login: str = "", service: str = "", **more) -> clients.Client:
        service = service or ("submission" if login else "mx")
        client = clients.Client(self.mta.ports[service], login, PASSWORD, **more)
        client.replies = self.replies
        return client

    def send(self, login: str, sender: str, recipients, mail: bytes, **more) -> clients.Reply:
        """One mail over a connection of its own."""
        with self.client(login, **more) as client:
            return client.send(sender, recipients, mail)

    def outputs(self) -> dict[str, bytes]:
        """Where a secret may never stand: place → any file of the run, and every reply.

        The queue of the mail server and the mails at the sink hold the mails themselves and are left out,
        but for the head fields that warifu added; its configuration holds the login passwords;
        programs and compiled rules were there before the first mail.
        """
        texts = {"replies": "\n".join(map(str, self.replies)).encode()}
        for path in self.scratch.path.rglob("*"):
            inside = path.relative_to(self.scratch.path).as_posix()
            if path.is_file() and not inside.startswith(self._NO_OUTPUT):
                texts[inside] = path.read_bytes()
        for number, mail in enumerate(self.sink.mails(), 1):
            if fields := mail.fields("X-Warifu"):
                texts[f"X-Warifu of mail {number}"] = b"\n".join(fields)
        return texts

    def leaks(self, secrets) -> list[str]:
        """Where a planted secret stands that never should."""
        return [f"{place}: {secret}" for place, text in self.outputs().items() for secret in secrets
                if secret.encode() in text]


def for_class(cls, *words, secrets=(), kind: type[Gateway] = Gateway, **more) -> Gateway:
    """A gateway for a whole test class; at its end no planted secret may have got out."""
    live.require_root()
    gateway = kind(*words, **more)
    cls.addClassCleanup(gateway.close)

    def check():
        leaked = gateway.leaks(secrets)
        if leaked:
            raise AssertionError("planted secrets got out:\n" + "\n".join(leaked))
    cls.addClassCleanup(check)
    return gateway
