"""Dumps: tables of addresses with hashes or passwords, as an intruder takes them out of a login server.

Everything comes from a seeded generator that shares neither code nor words with the rules; member n
is a function of n. A dump is a mail whose body or attachment holds the rows.
"""
import base64
import csv
import dataclasses
import html
import io
import json
import quopri
import random

import hashes

DOMAIN = "id.example.jp"
_NAMES = ("相沢 朝倉 磯部 上杉 梅原 大槻 風間 北条 黒木 桑田 榊原 芹沢 高槻 千歳 椿 鳥居 永瀬 野々村 羽鳥 氷室 藤堂 真壁 水無月 "
          "村雨 桃井 八神 湯川 和久井").split()
_LOCALS = ("blue lake paper moon silver train river stone quiet garden lemon tiger winter harbor window cotton "
           "rocket maple velvet copper").split()
_SYMBOLS = "!#$%&()*+-./<=>?@[]^_{}~"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_OPENINGS = ["ご依頼の一覧をお送りします。", "抽出結果です。ご確認ください。", "the rest as agreed", "昨日の続きです。"]


@dataclasses.dataclass(frozen=True)
class Row:
    number: int
    address: str
    name: str
    joined: str
    secret: str  # a hash, or the password itself


def address(number: int) -> str:
    return f"{_LOCALS[number % len(_LOCALS)]}{number:x}@{DOMAIN}"


def _password(dice: random.Random, least: int = 6, most: int = 32) -> str:
    """6 to 32 characters, letters and digits or with symbols; one of each kind that it is made of."""
    length, symbols = dice.randint(least, most), dice.choice(("", _SYMBOLS[:6], _SYMBOLS))
    kinds = [_LETTERS[:52], _LETTERS[52:], *([symbols] if symbols else [])]
    letters = [dice.choice(kind) for kind in kinds]
    letters += dice.choices(_LETTERS + symbols, k=length - len(letters))
    dice.shuffle(letters)
    return "".join(letters)


class Members:
    """What stands in the table. `store`: of the slow formats so many values are made, and used again."""

    def __init__(self, store: int):
        self._store = store
        self._made: dict[str, list[str]] = {}

    def rows(self, kind: str, numbers: range) -> list[Row]:
        """Those members, their passwords kept in the format `kind`, or as they are ("password")."""
        dice = random.Random(f"{kind} {numbers}")
        return [Row(100_000 + number, address(number), dice.choice(_NAMES) + dice.choice("一二三子美介香郎"),
                    f"20{dice.randint(1, 13):02}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
                    self._secret(kind, dice)) for number in numbers]

    def _secret(self, kind: str, dice: random.Random) -> str:
        if kind == "password":
            return _password(dice)
        if kind not in hashes.SLOW:
            return hashes.FORMATS[kind](_password(dice), dice)
        made = self._made.setdefault(kind, [])
        if len(made) == self._store:
            return dice.choice(made)
        made.append(hashes.FORMATS[kind](_password(dice), dice))
        return made[-1]


# -- how the rows are written ------------------------------------------------------------------------

def _joined(separator: str):
    return lambda rows: [f"{row.address}{separator}{row.secret}" for row in rows]


def _csv(columns: list[str], fields, quoting=csv.QUOTE_MINIMAL, delimiter: str = ","):
    def write(rows) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n", quoting=quoting, delimiter=delimiter)
        if columns:
            writer.writerow(columns)
        writer.writerows(fields(row) for row in rows)
        return out.getvalue()
    return write


def _sql(rows) -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    tuples = ",\n".join(f"({row.number},{quoted(row.address)},{quoted(row.name)},{quoted(row.secret)},'{row.joined}')"
                        for row in rows)
    return ("-- login server\nINSERT INTO `login_ids` (`id`, `mail`, `name`, `password`, `created`) VALUES\n"
            + tuples + ";\n")


def _json(rows) -> str:
    return json.dumps([{"id": row.number, "mail": row.address, "name": row.name, "password": row.secret,
                        "created": row.joined} for row in rows], ensure_ascii=False, indent=1)


def _ldif(rows) -> str:
    def base64d(text: str) -> str:
        return base64.b64encode(text.encode()).decode()
    entries = []
    for row in rows:
        uid = row.address.partition("@")[0]
        value = f"userPassword:: {base64d(row.secret)}"  # as slapcat(8) writes it
        folded = "\n ".join(value[n:n + 76] for n in range(0, len(value), 76))
        entries.append(f"dn: uid={uid},ou=people,dc=example,dc=jp\nobjectClass: inetOrgPerson\nuid: {uid}\n"
                       f"cn:: {base64d(row.name)}\nmail: {row.address}\n{folded}\n")
    return "\n".join(entries)


def _table(rows) -> str:
    cells = "".join(f"<tr><td>{row.number}</td><td>{row.address}</td><td>{html.escape(row.secret)}</td></tr>\r\n"
                    for row in rows)
    return ("<html><body>\r\n<p>一覧</p>\r\n<table>\r\n<tr><th>番号</th><th>メールアドレス</th><th>パスワード</th></tr>\r\n"
            f"{cells}</table>\r\n</body></html>\r\n")


def _breaks(rows) -> str:
    lines = "<br>\r\n".join(f"{row.address},{html.escape(row.secret)}" for row in rows)
    return f"<html><body>\r\n<div>一覧です。</div>\r\n<div>{lines}</div>\r\n</body></html>\r\n"


def _lines(separator: str, heading: str):
    return lambda rows: "\r\n".join([heading, "", *_joined(separator)(rows), ""])


@dataclasses.dataclass(frozen=True)
class Form:
    """`kind`: its content type; `name`: of the file, "" for a body."""
    write: object
    codec: str
    kind: str
    encoding: str = "base64"
    name: str = ""


FORMS = {
    "plain body, ISO-2022-JP": Form(_lines(",", "会員の一覧です。"), "iso2022_jp", "text/plain; charset=ISO-2022-JP", "7bit"),
    "plain body, UTF-8": Form(_lines(":", "一覧を送ります。"), "utf-8", "text/plain; charset=UTF-8", "quoted-printable"),
    "HTML table, ISO-2022-JP": Form(_table, "iso2022_jp", "text/html; charset=ISO-2022-JP", "7bit"),
    "HTML lines, UTF-8": Form(_breaks, "utf-8", "text/html; charset=UTF-8"),
    "CSV with heading, UTF-8": Form(_csv(["メールアドレス", "パスワード"], lambda row: [row.address, row.secret]),
                                    "utf-8-sig", "text/csv", name="ids.csv"),
    "CSV without, CP932": Form(_csv([], lambda row: [row.number, row.name, row.address, row.secret, row.joined],
                                    csv.QUOTE_ALL), "cp932", "application/octet-stream", name="list.csv"),
    "TSV, UTF-8": Form(_csv(["id", "name", "mail", "passwd"], lambda row: [row.number, row.name, row.address, row.secret],
                            csv.QUOTE_NONE, "\t"), "utf-8", "text/tab-separated-values", name="export.tsv"),
    "text, CP932": Form(_lines(" : ", "会員ＩＤ一覧"), "cp932", "text/plain; charset=Shift_JIS", name="memo.txt"),
    "text, UTF-16": Form(_lines(";", "会員一覧"), "utf-16", "text/plain", name="unicode.txt"),
    "SQL": Form(_sql, "utf-8", "application/sql", name="dump.sql"),
    "JSON": Form(_json, "utf-8", "application/json", name="ids.json"),
    "LDIF": Form(_ldif, "utf-8", "application/octet-stream", name="people.ldif"),
}


# -- what everybody sends ------------------------------------------------------------------------------

def _letter(dice: random.Random) -> str:
    lines = ["いつもお世話になっております。", dice.choice(_LETTERS_OF), "", dice.choice(_LETTERS_OF), "", "以上です。", ""]
    return "\r\n".join(lines)


def _contacts(dice: random.Random) -> str:
    return "".join(f"{dice.randrange(90_000)},{dice.choice(_NAMES)}美,{address(dice.randrange(10**6))},03-{dice.randrange(10**4):04}-5678,"
                   f"2013-{dice.randint(1, 12):02}-03\r\n" for _ in range(40))


def _checksums(dice: random.Random) -> str:
    return "".join(f"{dice.randbytes(32).hex()}  release-{n}.{dice.randrange(50)}.tar.gz\n" for n in range(30))


def _commits(dice: random.Random) -> str:
    return "".join(f"commit {dice.randbytes(20).hex()}\nAuthor: {dice.choice(_LOCALS)} <{address(n)}>\nDate:   Mon Dec {n + 1} 2013\n\n"
                   f"    Fix the {dice.choice(_LOCALS)}\n\n" for n in range(20))


def _orders(dice: random.Random) -> str:
    return json.dumps([{"order": f"{dice.randbytes(4).hex()}-{dice.randbytes(2).hex()}-{dice.randbytes(6).hex()}", "mail": address(n),
                        "price": dice.randrange(100, 9000), "created": "2013-12-16"} for n in range(30)], indent=1)


def _phones(dice: random.Random) -> str:
    cells = "".join(f"<tr><td>{n}</td><td>{address(n)}</td><td>090-{dice.randrange(10**4):04}-{n:04}</td></tr>\r\n" for n in range(30))
    return f"<html><body>\r\n<table>\r\n<tr><th>番号</th><th>メールアドレス</th><th>電話</th></tr>\r\n{cells}</table>\r\n</body></html>\r\n"


_LETTERS_OF = [
    "パスワードは、変更前は6文字以上8文字以内でしたが、10月31日より6文字以上32文字以内で設定できます。",
    "添付の一覧のうち、12月16日までに返事のない方に電話をお願いします。", "会議は 2013-12-18 10:00 に第3会議室です。",
    "ワンタイムパスワードは、あらかじめ登録したアドレスに送られます。", "ログイン履歴とログインアラートの画面を見直しました。",
    "見積もりは 128,000 円です。受付番号は 20131216-004 です。", "サーバー 12 台の点検が終わりました。異常はありません。"]

ORDINARY = {
    "letter": Form(_letter, "iso2022_jp", "text/plain; charset=ISO-2022-JP", "7bit"),
    "contacts": Form(_contacts, "cp932", "text/csv", name="contacts.csv"),
    "checksums": Form(_checksums, "ascii", "text/plain", name="SHA256SUMS.txt"),
    "commits": Form(_commits, "utf-8", "text/plain; charset=UTF-8", "quoted-printable"),
    "orders": Form(_orders, "utf-8", "application/json", name="orders.json"),
    "telephones": Form(_phones, "utf-8", "text/html; charset=UTF-8"),
}


def compose(form: Form, what, sender: str, to: str, token: str) -> bytes:
    """The whole mail; `what`: the rows of a dump, or the dice for ordinary mail."""
    content = _encoded(form.write(what).encode(form.codec), form.encoding)
    head = [f"From: <{sender}>", f"To: <{to}>", f"Subject: {token}", f"X-Token: {token}",
            f"Message-ID: <{token}@{sender.partition('@')[2]}>", "Date: Mon, 16 Dec 2013 10:00:00 +0900", "MIME-Version: 1.0"]
    part = [f"Content-Type: {form.kind}", f"Content-Transfer-Encoding: {form.encoding}"]
    if not form.name:
        return _block([*head, *part]) + content
    mark = f"=_{token}"
    part.append(f'Content-Disposition: attachment; filename="{form.name}"')
    opening = random.Random(token).choice(_OPENINGS).encode("utf-8")
    body = [f"--{mark}\r\n".encode(), _block(["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"]),
            opening, f"\r\n--{mark}\r\n".encode(), _block(part), content, f"\r\n--{mark}--\r\n".encode()]
    return _block([*head, f'Content-Type: multipart/mixed; boundary="{mark}"']) + b"".join(body)


def _block(fields: list[str]) -> bytes:
    return ("\r\n".join(fields) + "\r\n\r\n").encode()


def _encoded(content: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(content).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return content
