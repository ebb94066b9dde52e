"""Mails as bytes, in the charsets and transfer encodings of Japanese everyday mail.

Built by hand rather than by email.message, so that a test knows every byte that it sent and can
say which may have changed.
"""
import base64
import dataclasses
import email
import email.header
import email.policy
import html
import quopri
import zlib

# charset label → Python's codec. CP932 is what programs mean by Shift_JIS.
CODECS = {"ISO-2022-JP": "iso2022_jp", "Shift_JIS": "cp932", "EUC-JP": "euc_jp", "UTF-8": "utf-8",
          "US-ASCII": "ascii"}
# How signatures are set off: as published in the disclosure, RFC 3676, a rule line, and a frame (the
# same line closes it; a lone line of asterisks is more often a rule between paragraphs).
SEPARATORS = ["# # # # # # # #", "-- ", "━━━━━━━━━━━━━━━━", "****************"]


@dataclasses.dataclass
class Mail:
    """One mail: body lines, then (where given) a signature behind its separator line."""
    sender: str
    to: str
    body: list[str]
    signature: list[str] = dataclasses.field(default_factory=list)
    separator: str = SEPARATORS[0]
    subject: str = "ご報告"
    charset: str = "ISO-2022-JP"
    encoding: str = "7bit"
    html: bool = False
    extra: list[str] = dataclasses.field(default_factory=list)  # further head fields, ASCII
    from_field: str | None = None  # in the place of "From: sender"

    def signature_block(self) -> list[str]:
        if not self.signature:
            return []
        return [self.separator, *self.signature, *([self.separator] if "*" in self.separator else [])]

    def text(self) -> str:
        lines = [*self.body, *self.signature_block()]
        return "".join(line + "\r\n" for line in lines)

    def markup(self) -> str:
        def block(lines):
            return "<br>\r\n".join(html.escape(line, quote=False) for line in lines)
        signature = ""
        if self.signature:
            signature = f'<div class="moz-signature">{block(self.signature_block())}</div>\r\n'
        return f"<html><body>\r\n<p>{block(self.body)}</p>\r\n{signature}</body></html>\r\n"

    def raw(self) -> bytes:
        head = [self.from_field if self.from_field is not None else f"From: {self.sender}", f"To: {self.to}",
                "Subject: " + email.header.Header(self.subject, self.charset).encode(),
                f"Message-ID: <{zlib.crc32((self.sender + self.to).encode())}@client.example.jp>",
                "Date: Fri, 07 Apr 2000 17:40:00 +0900", *self.extra, "MIME-Version: 1.0"]
        plain = self._part("text/plain", self.text())
        if not self.html:
            return "\r\n".join(head).encode() + b"\r\n" + plain
        mark = "=_warifu_live_boundary"
        head.append(f'Content-Type: multipart/alternative; boundary="{mark}"')
        inner = b"".join(b"--" + mark.encode() + b"\r\n" + part + b"\r\n"
                         for part in (plain, self._part("text/html", self.markup())))
        return "\r\n".join(head).encode() + b"\r\n\r\n" + inner + b"--" + mark.encode() + b"--\r\n"

    def _part(self, kind: str, text: str) -> bytes:
        content = text.encode(CODECS[self.charset])
        if self.encoding == "base64":
            content = base64.encodebytes(content).replace(b"\n", b"\r\n")
        elif self.encoding == "quoted-printable":
            content = quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        head = f"Content-Type: {kind}; charset={self.charset}\r\nContent-Transfer-Encoding: {self.encoding}\r\n\r\n"
        return head.encode() + content


def texts(raw: bytes) -> dict[str, str]:
    """content type → decoded text of every text part, as a mail program would show it; LF line ends."""
    found = {}
    for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        if part.get_content_maintype() == "text":
            charset = part.get_content_charset("ascii")
            codec = {"shift_jis": "cp932", "iso-2022-jp": "iso2022_jp"}.get(charset, charset)
            found[part.get_content_type()] = part.get_payload(decode=True).decode(codec).replace("\r\n", "\n")
    return found
