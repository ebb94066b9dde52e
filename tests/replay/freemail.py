"""Freemail: a free-mail service of the year 2000, its members, and the migration that mixed them up.

Everything comes from a seeded generator; member n is a function of n, so that a million of them
need no memory. A damaged member's signature field holds the settings rows of others, as one once
did (harness/members.py has the row).
"""
import csv
import dataclasses
import pathlib
import random
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from harness import mails  # noqa: E402
from harness.members import DOMAIN, Member  # noqa: E402

RULE = "freemail-member-row"  # of patterns/member-records.toml
QUERY = f"SELECT login FROM members WHERE login = :local AND :domain = '{DOMAIN}'"
LIST_QUERY = f"SELECT login || '@{DOMAIN}', login FROM members"
COLUMNS = ["管理番号", "会員ID", "パスワード", "登録日時", "最終利用日時", "署名", "差出人名", "返信先", "通知先",
           "自動返信", "HTML", "文字コード"]
# What the table's columns are, for `warifu records`.
SCHEMA = """\
[index]
id = "freemail-members"
description = "A member's settings"
handle = "管理番号"
account = "会員ID"
""" + "".join(f"""
[[index.columns]]
name = "{name}"
role = "{role}"
type = "{kind}"
""" for name, role, kind in (
    ("管理番号", "key", "digits"), ("会員ID", "key", "login"), ("パスワード", "key", "password"),
    ("登録日時", "corroborate", "date"), ("最終利用日時", "corroborate", "date"), ("署名", "corroborate", "name")))
# Lines that this webmail sets signatures off with, by its user's choice; and what else people draw,
# between paragraphs too: rows behind such a line are held and not cut.
RULES = ["# # # # # # # #", "# # # #", "━━━━━━━━━━━━━━━━", "────────────", "☆★☆★☆★☆★☆★", "-- "]
OTHER_RULES = ["==================", "------------", "****************"]

_FAMILY = ("佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 清水 山崎 森 池田 橋本 "
           "阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本").split()
_GIVEN = ("太郎 花子 基久 美咲 健一 陽子 誠 直子 大輔 恵子 浩 由美 隆 久美子 豊 智子 学 裕子 剛 明美 和也 さゆり").split()
_ROMAN = ("sato suzuki takahashi tanaka ito watanabe yamamoto nakamura kobayashi kato yoshida yamada sasaki hana "
          "taro neko usagi sakura fuji umi sora hoshi mari ken yuki aki natsu haru kaze midori").split()
_TITLES = ["", "", "フリーメール愛用者", "営業部", "編集係", "ねこ大好き", "Taro & Hanako"]
_REPLIES = ["", "", "", "ただ今休暇中です。", "留守にしております。後ほどご連絡します。", "メールありがとうございました。"]
_SYLLABLES = "ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ma mi mu me mo ra ri ru re ro".split()
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "0123456789"


def _password(dice: random.Random) -> str:
    kind, length = dice.random(), dice.randint(6, 8)
    if kind < 0.2:  # by heart: three or four syllables
        return "".join(dice.choices(_SYLLABLES, k=4))
    if kind < 0.3:  # a telephone number or a birthday
        return "".join(dice.choices(_DIGITS, k=length))
    return "".join(dice.choices(_LETTERS + _DIGITS, k=length - 1)) + dice.choice(_DIGITS)


def _moment(dice: random.Random, day: str) -> str:
    return f"{day} {dice.randint(0, 23)}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"


def member(number: int) -> Member:
    dice = random.Random(2_000_000_007 + number)
    login = dice.choice(_ROMAN) + dice.choice(["", "_", "-", ""]) + _base36(number)
    family = dice.choice(_FAMILY)
    return Member(
        number=1_000_001 + number, login=login, password=_password(dice), name=family + dice.choice(_GIVEN),
        registered=_moment(dice, f"{dice.randint(1, 12)}/{dice.randint(1, 28)}/{dice.choice((1998, 1999))}"),
        last_access=_moment(dice, f"{dice.randint(1, 3)}/{dice.randint(1, 26)}/2000"),
        title=dice.choice(_TITLES), auto_reply=dice.choice(_REPLIES),
        reply_to=f"{login}@mail.example.net" if dice.random() < 0.1 else "",
        notify=f"{dice.choice(_DIGITS)}{login}@phone.example.com" if dice.random() < 0.1 else "",
        codes=f"{dice.randint(0, 1)},{dice.randint(0, 3)}")


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + text
    return text or "0"


@dataclasses.dataclass
class Cast:
    """Who is who, by number. `rows`: damaged member → those whose rows stand in his signature."""
    rows: dict[int, list[int]]
    senders: list[int]   # of the damaged, those who send mail
    innocent: list[int]  # the others who do

    @property
    def owners(self) -> set[int]:
        """Whose rows leave with mail."""
        return {owner for sender in self.senders for owner in self.rows[sender]}


def cast(count: int, damaged: int, senders: int, owners: int, innocent: int) -> Cast:
    dice = random.Random(2000)
    chosen = dice.sample(range(count), damaged + innocent + owners)
    broken, others = chosen[:damaged], chosen[damaged:damaged + innocent]
    # Some of those whose rows leak write mail themselves, and are as innocent as the rest.
    leaked = others[:owners // 20] + chosen[damaged + innocent:][:owners - owners // 20]
    dice.shuffle(leaked)
    sizes = [owners // senders + (n < owners % senders) for n in range(senders)]
    for _ in range(senders * 4):  # five or six on average, from one to eleven
        one, other = dice.sample(range(senders), 2)
        if sizes[one] > 1 and sizes[other] < 11:
            sizes[one], sizes[other] = sizes[one] - 1, sizes[other] + 1
    rows, begin = {}, 0
    for sender, size in zip(broken, sizes):
        rows[sender], begin = leaked[begin:begin + size], begin + size
    unharmed = set(range(count)).difference(broken) if count < 100_000 else None
    for silent in broken[senders:]:
        found = []
        while len(found) < dice.choice((4, 5, 5, 6, 6, 7)):
            one = dice.randrange(count)
            if one not in rows and one not in found and (unharmed is None or one in unharmed):
                found.append(one)
        rows[silent] = found
    return Cast(rows, broken[:senders], others)


def write_members(count: int, who: Cast, table: pathlib.Path, directory: pathlib.Path) -> None:
    """`table`: all of them as CSV, in UTF-8, after the migration; `directory`: SQLite, what warifu asks."""
    broken = {number: "\n".join(member(other).row for other in others) for number, others in who.rows.items()}
    with open(table, "w", encoding="utf-8", newline="") as out, sqlite3.connect(directory) as database:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        database.execute("CREATE TABLE members (login TEXT PRIMARY KEY) WITHOUT ROWID")

        def logins():
            for number in range(count):
                one = member(number)
                writer.writerow([one.number, one.login, one.password, one.registered, one.last_access,
                                 broken.get(number, one.name), one.title, one.reply_to, one.notify, one.auto_reply,
                                 *one.codes.split(",")])
                yield (one.login,)
        database.executemany("INSERT INTO members VALUES (?)", logins())
    database.close()


# -- what they write ---------------------------------------------------------------------------------

_OPENINGS = ["お世話になっております。", "こんにちは、お元気ですか。", "先日はありがとうございました。", "ご連絡が遅くなりました。",
             "いつもお世話になっております。", "はじめまして。"]
_MIDDLES = ["来週の打ち合わせですが、4月10日の午後2時からでいかがでしょうか。", "添付の表は、明日までに直してお送りします。",
            "桜がもう満開です。週末に花見でもしませんか。", "ご注文の品は 4/3/2000 10:00:00 に発送いたしました。",
            "電話は 03-1234-5678 です。夜は留守番電話にお願いします。", "部屋は 101,102,103 の三つを押さえました。",
            "議事録：3/28/2000 13:00:00,第2会議室,営業部,,,次回は4月", "お申し込み番号は 7654321 です。お控えください。",
            "切符は 2 枚で 12,600 円でした。", "息子が小学校に上がりました。早いものです。"]
_CLOSINGS = ["よろしくお願いいたします。", "では、また。", "取り急ぎご連絡まで。", "お返事をお待ちしています。"]
_CARDS = ["電話 03-1234-5678", "http://www.example.jp/~neko/", "東京都千代田区1-2-3", "ICQ 12345678",
          "営業部,第二課,内線 1234", "会員番号 1234567, 登録 5/23/1998", "ホームページ更新しました (3/20/2000)"]


def letter(dice: random.Random) -> list[str]:
    lines = [dice.choice(_OPENINGS), *dice.sample(_MIDDLES, dice.randint(1, 4)), "", dice.choice(_CLOSINGS)]
    if dice.random() < 0.2:  # an answer, below what it answers
        lines[:0] = ["> " + line for line in (dice.choice(_OPENINGS), dice.choice(_MIDDLES))] + [""]
    return lines


def card(dice: random.Random, one: Member) -> list[str]:
    """A signature as everybody's."""
    return [one.name, *dice.sample(_CARDS, dice.randint(0, 3)), one.account]


def leaked(dice: random.Random, one: Member, others: list[int]) -> list[str]:
    """The signature of a damaged member, as the webmail adds it."""
    folded = dice.random() < 0.5
    rows = [line for other in map(member, others) for line in (other.folded_row if folded else [other.row])]
    return rows if dice.random() < 0.5 else [one.name, *rows]


def write(dice: random.Random, token: str, one: Member, to: str, signature: list[str], rules: list[str]) -> mails.Mail:
    return mails.Mail(one.account, to, letter(dice), signature, separator=dice.choice(rules), extra=[f"X-Token: {token}"],
                      html=dice.random() < 0.15)
