"""Portal: the operator's own system that sends notices, in the charsets of Japanese everyday mail."""
import itertools

from subscribers import account

ADDRESS = "127.0.0.10"  # the only client whose notices count
SENDER = "noreply@portal.example.jp"
CODECS = {"ISO-2022-JP": "iso2022_jp", "Shift_JIS": "cp932", "UTF-8": "utf-8"}

NOTICES = f"""\
[[notices]]
id = "password-reset"
kind = "reset"
source = ["network:{ADDRESS}"]
from = ["{SENDER}"]
text = '''パスワード再設定のお手続き'''
secrets = true
flow = "mypage"
[notices.account]
regex = '''お客様番号[ \\t]*:[ \\t]*(s[0-9]{{7}})'''
[notices.token]
regex = '''手続き番号[ \\t]*:[ \\t]*([0-9a-f]{{16}})'''

[[notices]]
id = "password-changed"
kind = "completion"
source = ["network:{ADDRESS}"]
from = ["{SENDER}"]
text = '''パスワードを変更しました'''
flow = "mypage"
[notices.account]
regex = '''お客様番号[ \\t]*:[ \\t]*(s[0-9]{{7}})'''
[notices.token]
regex = '''手続き番号[ \\t]*:[ \\t]*([0-9a-f]{{16}})'''

[[notices]]
id = "points-exchange"
kind = "transfer"
source = ["network:{ADDRESS}"]
from = ["{SENDER}"]
text = '''ポイント交換を受け付けました'''
[notices.account]
regex = '''お客様番号[ \\t]*:[ \\t]*(s[0-9]{{7}})'''
"""
TEXTS = {"reset": "パスワード再設定のお手続き", "changed": "パスワードを変更しました",
         "exchange": "ポイント交換を受け付けました"}


def notice(kind: str, subject: str, account: str, to: str, charset: str, flow: str = "") -> bytes:
    lines = [TEXTS[kind], f"お客様番号：{account}"]  # a full-width colon, as such mails have it
    if flow:
        lines.append(f"手続き番号：{flow}")
    head = [f"From: {SENDER}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{subject}@portal.example.jp>",
            "MIME-Version: 1.0", f"Content-Type: text/plain; charset={charset}",
            f"Content-Transfer-Encoding: {'7bit' if charset == 'ISO-2022-JP' else '8bit'}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + "\r\n".join([*lines, ""]).encode(CODECS[charset])


def sends(town, mails) -> None:
    """(which notice, kind in the books, number of the account, mailbox, flow) of each; all are
    taken, whether they are held then or not."""
    def send(client, job):
        (which, kind, number, mailbox, *flow), charset = job
        token = town.books.new(kind, SENDER, [mailbox])
        reply = client.send(SENDER, mailbox, notice(which, token, account(number), mailbox, charset, *flow))
        town.books.answered(token, [mailbox], reply.code, reply.text)
        if reply.code != 250:
            raise AssertionError(f"{kind} {token} to {mailbox}: {reply}")
    town.side_by_side(zip(mails, itertools.cycle(CODECS)), send, source=ADDRESS)
