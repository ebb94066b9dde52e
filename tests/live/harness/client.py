"""A mail program: connects, logs in, sends bytes exactly as they are, keeps every reply."""
import base64
import dataclasses
import smtplib


@dataclasses.dataclass(frozen=True)
class Reply:
    stage: str  # "connect", "auth", "mail", "rcpt", "data", "end"
    code: int
    text: str

    @property
    def enhanced(self) -> str:
        return self.text.split(" ")[0]

    def __str__(self) -> str:
        return f"{self.stage}: {self.code} {self.text}"


class Client:
    """One SMTP connection. `send` may be called as often as wanted. `source`: an address of 127.0.0.0/8
    to come from."""

    def __init__(self, port: int, login: str = "", password: str = "", *, starttls=None,
                 timeout: float = 60, helo: str = "client.example.jp", source: str = ""):
        self.replies: list[Reply] = []  # every reply to this client; a gateway puts its own list here
        self.smtp = smtplib.SMTP("127.0.0.1", port, timeout=timeout, local_hostname=helo,
                                 source_address=(source, 0) if source else None)
        self.smtp.ehlo()
        if starttls:
            self.smtp.starttls(context=starttls)
            self.smtp.ehlo()
        if login:
            reply = self.log_in(login, password)
            if reply.code != 235:
                self.close()
                raise smtplib.SMTPAuthenticationError(reply.code, reply.text)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self) -> None:
        try:
            self.smtp.quit()
        except (smtplib.SMTPException, OSError):
            self.smtp.close()

    def command(self, stage: str, line: str) -> Reply:
        """One command line, in UTF-8 where it is not ASCII."""
        self.smtp.send(line.encode("utf-8") + b"\r\n")
        return self._reply(stage)

    def log_in(self, login: str, password: str) -> Reply:
        """AUTH PLAIN; smtplib's own takes ASCII only."""
        words = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
        self.smtp.send(f"AUTH PLAIN {words}\r\n".encode())
        return self._reply("auth")

    def reset(self) -> Reply:
        return self.command("rset", "RSET")

    def send(self, sender: str, recipients, mail: bytes, options: str = "") -> Reply:
        """The last reply that decides: the first refusal, or the answer to end of data."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        if not mail.isascii() or not (sender + "".join(recipients)).isascii():
            options = ("BODY=8BITMIME " + options).strip()
        if not (sender + "".join(recipients)).isascii() and "SMTPUTF8" not in options:
            options += " SMTPUTF8"
        reply = self.command("mail", f"MAIL FROM:<{sender}> {options}".rstrip())
        if reply.code != 250:
            return reply
        accepted = 0
        for recipient in recipients:
            reply = self.command("rcpt", f"RCPT TO:<{recipient}>")
            accepted += reply.code == 250
        if not accepted:
            return reply
        reply = self.command("data", "DATA")
        if reply.code != 354:
            return reply
        return self.end(mail)

    def end(self, mail: bytes) -> Reply:
        lines = mail.replace(b"\r\n", b"\n").split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
        self.smtp.send(stuffed + b".\r\n")
        return self._reply("end")

    def _reply(self, stage: str) -> Reply:
        code, text = self.smtp.getreply()
        self.replies.append(Reply(stage, code, text.decode("utf-8", "replace")))
        return self.replies[-1]
