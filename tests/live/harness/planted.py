"""Rows of a made-up member table, planted in mails of every form that Japanese mail comes in.

The table has logins, addresses, passwords with symbols and names in kana; reports name its rows by
a number that stands in no mail. A mail holds, in one line, two cells of one row each (`leak`), of
different rows (`crossed`), or one cell alone (`single`): what differs is who the cells belong to,
nothing else.
"""
import base64
import collections
import csv
import dataclasses
import html
import io
import pathlib
import quopri
import random
import unicodedata

INDEX = "made-up-members"
SCHEMA = f"""\
[index]
id = "{INDEX}"
description = "A member's row"
handle = "number"
""" + "".join(f"""
[[index.columns]]
name = "{name}"
role = "{role}"
type = "{kind}"
""" for name, role, kind in (("number", "ignore", "free"), ("login", "key", "login"), ("address", "key", "email"),
                             ("password", "key", "password"), ("name", "corroborate", "name"))) + """
[index.mail]
severity = "critical"
action = "hold"
bulk_action = "hold"
"""

_FAMILY = ("サトウ スズキ タカハシ タナカ イトウ ワタナベ ヤマモト ナカムラ コバヤシ カトウ ヨシダ ヤマダ ササキ ヤマグチ マツモト イノウエ キムラ ハヤシ "
           "シミズ ヤマザキ モリ イケダ ハシモト アベ イシカワ ヤマシタ ナカジマ イシイ オガワ マエダ オカダ ハセガワ フジタ ゴトウ コンドウ ムラカミ "
           "エンドウ アオキ サカモト サイトウ フクダ オオタ ニシムラ フジイ カネコ オカモト フジワラ ミウラ ナカノ ナカガワ ハラダ マツダ タケウチ "
           "オノ タムラ ナカヤマ ワダ イシダ モリタ ウエダ").split()
_GIVEN = ("タロウ ハナコ モトヒサ ミサキ ケンイチ ヨウコ マコト ナオコ ダイスケ ケイコ ヒロシ ユミ タカシ クミコ ユタカ トモコ マナブ ユウコ ツヨシ アケミ "
          "カズヤ サユリ ショウヘイ チヅル リュウジ ジュンコ ヴィヴィアン シンジ ノゾミ ペトラ アツシ ミドリ ゲンゴロウ オサム キョウコ ヒビキ ボブ ルリ "
          "テツヤ エミ ガク スミレ ソウタ ナナミ ノボル フミ ホダカ ムツミ メグミ レン").split()
_ROMAN = ("sora umi kaze hoshi tsuki yuki hana mori kawa yama neko usagi tora ryu kame sakura momiji fuji matsu take "
          "ume aoi midori akane nagi shiro kuro kuma hato suzu").split()
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SYMBOLS = "!#$%&*+-./:;=?@^_~,'\"()<>[]{}|\\`"


@dataclasses.dataclass(frozen=True)
class Row:
    handle: str
    login: str
    address: str
    password: str
    name: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.login, self.address, self.password, self.name


def row(number: int, seed: int = 0) -> Row:
    dice = random.Random(1_000_003 * (seed + 1) + number)
    one, other = dice.sample(_ROMAN, 2)
    login = f"{one}{dice.choice(['', '_', '-', '.'])}{other[0]}{number:05d}{chr(ord('a') + seed)}"
    address = f"{other}.{dice.randrange(10**6):06d}{chr(ord('a') + seed)}@{dice.choice(['mail', 'post', 'home'])}.example.ne.jp"
    letters = dice.choices(_LETTERS, k=dice.randint(5, 8))
    for _ in range(dice.randint(1, 4)):
        letters.insert(dice.randrange(len(letters) + 1), dice.choice(_SYMBOLS))
    return Row(f"R-{seed}-{number:06d}", login, address, "".join(letters), f"{dice.choice(_FAMILY)} {dice.choice(_GIVEN)}")


def rows(count: int, seed: int = 0) -> list[Row]:
    return [row(number, seed) for number in range(count)]


def write_table(path: pathlib.Path, members: list[Row]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(["number", "login", "address", "password", "name"])
        writer.writerows([one.handle, *one.cells] for one in members)


def cells_in(text: bytes, members) -> set[str]:
    """The cells of these rows that stand in the text; of thousands as fast as of one."""
    begun = collections.defaultdict(set)
    for cell in {cell.encode() for one in members for cell in one.cells}:
        begun[cell[:4]].add(cell)
    return {cell.decode() for at in range(len(text)) for cell in begun.get(text[at:at + 4], ()) if text.startswith(cell, at)}


# -- how cells are written ---------------------------------------------------------------------------

# Two cells and what stands around them, one line each.
_LINES = ["{0} {1}", "{0},{1}", "{0}\t{1}", "{0}：{1}", "{0} / {1}", "{0}、{1}", "ID:{0} PW:{1}", "「{0}」「{1}」", "({0}) {1}",
          "会員は{0}、もう一つは{1}です。", "{0}のほうは{1}でした", "・{0} → {1}", "<{0}> <{1}>", "{0}|{1}", "{0} = \"{1}\"", "■{0}■{1}■",
          "先ほどの {0} さんですが、控えには {1} とありましたのでお知らせします", "{0} 様（{1}）"]
_SINGLE = ["{0}", "控えは {0} です。", "ID:{0}", "「{0}」をご確認ください", "{0}、よろしくお願いします"]
_WORDS = ["お世話になっております。", "先日の件、下記のとおりです。ご確認ください。", "取り急ぎご連絡まで。", "Please see below.",
          "よろしくお願いいたします。", "来週の打ち合わせは 4月10日 14:00 からです。", "部屋は 101,102,103 の三つを押さえました。"]
_PAIRS = [(0, 2), (1, 2), (0, 3), (2, 3), (1, 3), (0, 1)]  # of Row.cells; each has a key


def _plain(text: str) -> str:
    return text


def full_width(text: str) -> str:
    """ASCII as its full-width forms, the blank too."""
    return "".join("\u3000" if c == " " else chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


_HALF: dict[str, str] = {}
for _code in range(0xFF61, 0xFFA0):
    _HALF.setdefault(unicodedata.normalize("NFKC", chr(_code)), chr(_code))


def half_width(text: str) -> str:
    """Kana as half-width ones, sound marks apart."""
    out = []
    for c in unicodedata.normalize("NFD", text):
        out.append({"\u3099": "\uff9e", "\u309a": "\uff9f"}.get(c) or _HALF.get(c, c))
    return "".join(out)


# -- mails -------------------------------------------------------------------------------------------

_CODECS = {"ISO-2022-JP": "iso2022_jp", "Shift_JIS": "cp932", "Windows-31J": "cp932", "EUC-JP": "euc_jp", "UTF-8": "utf-8",
           "UTF-16": "utf-16", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"}
_ENCODINGS = {"ISO-2022-JP": ("7bit", "base64", "quoted-printable"), "UTF-16": ("base64",), "UTF-16LE": ("base64",),
              "UTF-16BE": ("base64",)}
# What JIS and Unicode write with two characters each; the bytes are the same as those of CP932.
_JIS = {0xFF0D: 0x2212, 0xFF5E: 0x301C}


@dataclasses.dataclass(frozen=True)
class Form:
    place: str  # body, signature, html, alternative, csv, text
    charset: str
    encoding: str
    kind: str = ""  # "", flowed, delsp, half, full
    label: str = ""  # the charset as it is called; else `charset`

    def write(self, text: str) -> str:
        return {"half": half_width, "full": full_width}.get(self.kind, _plain)(text)

    def encode(self, text: str) -> bytes:
        """Raises UnicodeEncodeError where the charset lacks a character."""
        codec = _CODECS[self.charset]
        if codec == "iso2022_jp" and self.kind == "half":
            codec = "iso2022_jp_ext"  # ESC ( I, as old mail programs send it
        if codec in ("iso2022_jp", "iso2022_jp_ext", "euc_jp"):
            text = text.translate(_JIS)
        return text.encode(codec)


def forms() -> list[Form]:
    found = []
    for charset in ("ISO-2022-JP", "Shift_JIS", "EUC-JP", "UTF-8"):
        for encoding in _ENCODINGS.get(charset, ("8bit", "base64", "quoted-printable")):
            found += [Form(place, charset, encoding) for place in ("body", "signature", "html", "alternative", "csv")]
            found += [Form("body", charset, encoding, kind) for kind in ("flowed", "delsp", "half", "full")]
            found += [Form("html", charset, encoding, kind) for kind in ("half", "full")]
    for charset in ("UTF-16", "UTF-16LE", "UTF-16BE"):
        found += [Form(place, charset, encoding) for place in ("text", "csv") for encoding in _ENCODINGS[charset]]
    found.append(Form("csv", "Windows-31J", "base64", "half"))
    found.append(Form("body", "Shift_JIS", "base64", label="ISO-2022-JP"))  # the wrong name
    found.append(Form("text", "UTF-16", "base64", label="none"))
    return found


@dataclasses.dataclass
class Planted:
    kind: str  # leak, crossed, single
    form: Form
    rows: list[Row]  # whose cells stand in it
    raw: bytes
    to: str

    @property
    def wanted(self) -> set[str]:
        """Handles of the rows that shall be found."""
        return {one.handle for one in self.rows} if self.kind == "leak" else set()


def plant(dice: random.Random, kind: str, form: Form, members: list[Row], sender: str, to: str, count: int = 3) -> Planted:
    """A mail of that form with cells of `count` rows; a row whose cells the charset cannot write is passed over."""
    while True:
        chosen = dice.sample(members, count if kind != "crossed" else 2 * count)
        if kind != "leak" and len({cell for one in chosen for cell in one.cells}) < 4 * len(chosen):
            continue  # one of them is the other's namesake
        lines = _lines(dice, kind, form, chosen)
        try:
            return Planted(kind, form, chosen, _mail(dice, form, lines, sender, to), to)
        except UnicodeEncodeError:
            continue


def _lines(dice: random.Random, kind: str, form: Form, chosen: list[Row]) -> list[list[str]]:
    """The cells of each line: of one row, or of two."""
    groups = [chosen[n:n + 2] for n in range(0, len(chosen), 2)] if kind == "crossed" else [[one] for one in chosen]
    out = []
    for group in groups:
        first, second = dice.choice(_PAIRS)
        if dice.random() < 0.5:
            first, second = second, first
        if form.place == "csv" and kind == "leak":
            cells = list(group[0].cells)
        elif kind == "single":
            cells = [group[0].cells[first]]
        else:
            cells = [group[0].cells[first], group[-1].cells[second]]
        out.append([form.write(cell) for cell in cells])
    return out


def _sentences(dice: random.Random, lines: list[list[str]]) -> list[str]:
    """Each line of cells as people write it."""
    return [dice.choice(_SINGLE if len(cells) == 1 else _LINES).format(*cells) for cells in lines]


def _mail(dice: random.Random, form: Form, lines: list[list[str]], sender: str, to: str) -> bytes:
    words = dice.sample(_WORDS, 3)
    head = [f"From: {sender}", f"To: {to}", "Subject: report", "Date: Mon, 17 Sep 2001 10:11:12 +0900",
            f"Message-ID: <{to}>", "MIME-Version: 1.0"]
    if form.place == "body":
        return _message(head, _text(form, [*words[:2], "", *_sentences(dice, lines), "", words[2]]))
    if form.place == "signature":
        rule = dice.choice(["-- ", "━━━━━━━━━━━━━━━━", "# # # # # # # #"])
        return _message(head, _text(form, [*words, rule, *_sentences(dice, lines)]))
    if form.place == "html":
        return _message(head, _html(dice, form, words, lines))
    if form.place == "alternative":
        return _multipart(head, "alternative", [_text(form, words), _html(dice, form, words, lines)])
    if form.place == "csv":
        content = io.StringIO()
        csv.writer(content, lineterminator="\r\n").writerows(lines)
        attachment = _part(form, "text/csv" if dice.random() < 0.5 else "application/octet-stream", content.getvalue(), "list.csv")
    else:
        attachment = _part(form, "text/plain", "".join(line + "\r\n" for line in [words[0], *_sentences(dice, lines)]), "memo.txt")
    return _multipart(head, "mixed", [_part(Form("body", "UTF-8", "8bit"), "text/plain", words[0] + "\r\n"), attachment])


def _text(form: Form, lines: list[str]) -> bytes:
    if form.kind in ("flowed", "delsp"):
        wrapped = [part for line in lines for part in _flow(form, line)]
        more = "; format=flowed" + ("; delsp=yes" if form.kind == "delsp" else "")
        return _part(form, "text/plain", "".join(line + "\r\n" for line in wrapped), more=more)
    return _part(form, "text/plain", "".join(line + "\r\n" for line in lines))


def _flow(form: Form, line: str) -> list[str]:
    """RFC 3676 with narrow lines: broken at blanks, which stay; with delsp anywhere, with a blank that goes."""
    width = 18
    out = []
    while len(line) > width:
        cut = width if form.kind == "delsp" else line.find(" ", width) + 1
        if cut == 0 or cut == len(line):
            break
        out.append(line[:cut] + (" " if form.kind == "delsp" else ""))
        line = line[cut:]
    out.append(line.rstrip(" "))
    return [" " + part if part.startswith((" ", ">", "From ")) else part for part in out]


def _html(dice: random.Random, form: Form, words: list[str], lines: list[list[str]]) -> bytes:
    def shown(cell: str) -> str:
        how = dice.randrange(4)
        if how == 1:  # every character by its number
            return "".join(f"&#x{ord(c):x};" if n % 2 else f"&#{ord(c)};" for n, c in enumerate(cell))
        text = html.escape(cell)
        if how == 2 and "@" in cell:
            return f'<a href="mailto:{text}">{text}</a>'
        if how == 3:
            return f"<b>{html.escape(cell[:2])}</b>{html.escape(cell[2:])}"
        return text

    body = [f"<p>{words[0]}</p>"]
    if dice.random() < 0.5:
        body += ["<table>", *("<tr>" + "".join(f"<td>{shown(cell)}</td>" for cell in cells) + "</tr>" for cells in lines), "</table>"]
    else:
        sentences = (dice.choice(_SINGLE if len(cells) == 1 else _LINES).replace("<", "&lt;").replace(">", "&gt;")
                     .format(*map(shown, cells)) for cells in lines)
        body += ["<div>" + "<br>\r\n".join(sentences) + "</div>"]
    return _part(form, "text/html", "<html><body>\r\n" + "\r\n".join([*body, f"<p>{words[1]}</p>"]) + "\r\n</body></html>\r\n")


def _part(form: Form, kind: str, text: str, name: str = "", more: str = "") -> bytes:
    content = form.encode(text)
    if form.encoding == "base64":
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    elif form.encoding == "quoted-printable":
        content = quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    label = form.label or form.charset
    charset = "" if label == "none" or kind == "application/octet-stream" else f"; charset={label}"
    head = [f"Content-Type: {kind}{charset}{more}", f"Content-Transfer-Encoding: {form.encoding}"]
    if name:
        head.append(f'Content-Disposition: attachment; filename="{name}"')
    return "\r\n".join([*head, "", ""]).encode() + content


def _message(head: list[str], part: bytes) -> bytes:
    return "\r\n".join(head).encode() + b"\r\n" + part


def _multipart(head: list[str], kind: str, parts: list[bytes]) -> bytes:
    mark = "=_planted"
    inner = b"".join(b"--" + mark.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return ("\r\n".join([*head, f'Content-Type: multipart/{kind}; boundary="{mark}"', "", ""]).encode() + inner
            + b"--" + mark.encode() + b"--\r\n")
