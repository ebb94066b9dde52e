#!/usr/bin/env python3
"""The password of an encrypted archive: mailed to whom the archive was mailed, and to somebody else."""
import base64
import io
import pathlib
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import gateway, live, mails  # noqa: E402

TANAKA, SUZUKI = "tanaka@example.jp", "suzuki@example.jp"
TABLE = f"{TANAKA} {TANAKA}\n{SUZUKI} {SUZUKI}\n"
PASSWORD = "Qm7tzRw4"  # not one of the examples in the rules
SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "patterns" / "labels.toml"


def archive(encrypted: bool) -> bytes:
    """A ZIP file; encrypted as far as its headers tell, which is all that anybody looks at here."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("見積書.txt", "御見積書\r\n")
    content = bytearray(file.getvalue())
    if encrypted:
        content[6] |= 1
        content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


def with_archive(to: str, encrypted: bool) -> bytes:
    mark = "=_warifu_live_ppap"
    head = [f"From: {TANAKA}", f"To: {to}", "Subject: archive", "Date: Fri, 07 Apr 2000 17:40:00 +0900",
            f"Message-ID: <archive-{to}>", "MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{mark}"', ""]
    text = [f"--{mark}", "Content-Type: text/plain; charset=ISO-2022-JP", ""]
    body = "見積書をお送りします。\r\nパスワードは別メールでお送りします。\r\n".encode("iso2022_jp")
    file = [f"--{mark}", "Content-Type: application/zip", 'Content-Disposition: attachment; filename="a.zip"',
            "Content-Transfer-Encoding: base64", ""]
    encoded = base64.encodebytes(archive(encrypted)).replace(b"\n", b"\r\n")
    return b"".join(["\r\n".join([*head, *text, ""]).encode(), body, "\r\n".join([*file, ""]).encode(), encoded,
                     f"--{mark}--\r\n".encode()])


def password(sender: str, to: str) -> bytes:
    return mails.Mail(sender, to, ["先ほどお送りしたファイルのパスワードをお知らせします。", "", f"パスワード：{PASSWORD}"]).raw()


class Ppap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = gateway.for_class(cls, {}, users=[TANAKA, SUZUKI], table=TABLE,
                                        patterns=SHIPPED.read_text(), secrets=[PASSWORD])

    def send(self, sender: str, to: str, raw: bytes) -> list[dict]:
        """Sends it as its sender; what was found by the rule. It arrives in any case, but for its mark as it came."""
        before = len(self.gateway.sink.to(to))
        reply = self.gateway.send(sender, sender, to, raw)
        self.assertEqual(reply.code, 250, reply)
        arrived = self.gateway.sink.wait_for(to, before + 1)[-1]
        self.assertEqual(arrived.body, raw.partition(b"\r\n\r\n")[2])
        self.event = self.gateway.warifu.event_for(to)
        return [finding for finding in self.event["findings"] if finding["rule"] == "ppap-password"]

    def test_password_behind_its_archive(self):
        to = "behind@example.net"
        self.assertEqual(self.send(TANAKA, to, with_archive(to, True)), [])
        self.assertEqual([note["encrypted"] for note in self.event["attachments"]], ["yes"])
        finding, = self.send(TANAKA, to, password(TANAKA, to))
        self.assertEqual((finding["severity"], finding["would"], finding["ownership"]), ("medium", "tag", "unknown"))
        self.assertEqual((self.event["action"], self.event["account"]), ("tag", TANAKA))

    def test_archive_behind_its_password(self):
        to = "before@example.net"
        self.assertEqual(self.send(TANAKA, to, password(TANAKA, to)), [])
        prints = {finding["fingerprint"] for finding in self.event["findings"]}
        finding, = self.send(TANAKA, to, with_archive(to, True))
        self.assertIn(finding["fingerprint"], prints)
        self.assertEqual((finding["part"], finding["length"]), ("2", 0))

    def test_others_are_not_tied(self):
        to = "other@example.net"
        self.assertEqual(self.send(TANAKA, to, with_archive(to, True)), [])
        self.assertEqual(self.send(SUZUKI, to, password(SUZUKI, to)), [], "another account")
        elsewhere = "elsewhere@example.net"
        self.assertEqual(self.send(TANAKA, elsewhere, password(TANAKA, elsewhere)), [], "another recipient")

    def test_open_archives_are_not_tied(self):
        to = "open@example.net"
        self.assertEqual(self.send(TANAKA, to, with_archive(to, False)), [])
        self.assertEqual([note["encrypted"] for note in self.event["attachments"]], ["no"])
        self.assertEqual(self.send(TANAKA, to, password(TANAKA, to)), [])


if __name__ == "__main__":
    live.main()
