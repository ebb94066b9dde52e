"""A gateway whose mail server is Sendmail; see gateway.py.

Two of its daemons ask warifu: `submission`, where users log in, and `mx`, as on port 25. Sendmail calls
them by these names in {daemon_name} of itself.
"""
from . import gateway
from .sendmail import Sendmail

# As the manual has it, with less patience.
EQUATES = "F=T, T=C:30s;S:30s;R:30s;E:1m"


class SendmailGateway(gateway.Gateway):
    def __init__(self, *words, sendmail: list[str] | None = None, **more):
        """`sendmail`: further lines of sendmail.mc."""
        self._lines = sendmail or []
        super().__init__(*words, **more)

    def mail_server(self, postfix, services, twin: bool) -> Sendmail:
        if postfix or services or twin:
            raise ValueError("these are Postfix's settings")
        folder = self.scratch.path
        self.sendmail = Sendmail(folder / "sendmail", self.sink.port, {"submission": "", "mx": ""},
                                 {"warifu": f"S=local:{folder}/warifu/run/milter.sock, {EQUATES}"}, self._lines)
        return self.sendmail
