"""Synthetic members of a free-mail service, and their settings rows as one once leaked.

Everything comes from a seeded generator: no person, no password of anybody. A row has the twelve
fields of the disclosure of April 2000, unset fields empty: management number, member id, password,
registered, last access, signature, sender title, reply-to, notification address, auto-reply text,
HTML window code, charset code.
"""
import dataclasses
import random

DOMAIN = "freemail.example.jp"
_FAMILY = "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 清水 山崎".split()
_GIVEN = "太郎 花子 基久 美咲 健一 陽子 誠 直子 大輔 恵子".split()
_ROMAN = ("sato suzuki takahashi tanaka ito watanabe yamamoto nakamura kobayashi kato yoshida yamada "
          "sasaki yamaguchi matsumoto inoue kimura hayashi shimizu yamazaki").split()
_TITLES = ["フリーメール愛用者", "営業部", "", "編集係", "事務局"]
_REPLIES = ["", "ただ今休暇中です。", "", "留守にしております。後ほどご連絡します。", ""]
_LETTERS = "abcdefghijkmnpqrstuvwxyz"


@dataclasses.dataclass(frozen=True)
class Member:
    number: int
    login: str
    password: str
    name: str
    registered: str
    last_access: str
    title: str
    auto_reply: str
    reply_to: str = ""
    notify: str = ""
    codes: str = "0,3"  # HTML window, charset

    @property
    def account(self) -> str:
        return f"{self.login}@{DOMAIN}"

    @property
    def row_head(self) -> str:
        return f"{self.number},{self.login},{self.password},{self.registered},{self.last_access},"

    @property
    def row_tail(self) -> str:
        return f"{self.name},{self.title},{self.reply_to},{self.notify},{self.auto_reply},{self.codes}"

    @property
    def row(self) -> str:
        return self.row_head + self.row_tail

    @property
    def folded_row(self) -> list[str]:
        """Broken after the fifth field, as the disclosure prints it."""
        return [self.row_head, self.row_tail]


def generate(count: int, seed: int = 2000) -> list[Member]:
    dice = random.Random(seed)
    members = []
    for index in range(count):
        roman = _ROMAN[index % len(_ROMAN)]
        day = f"{dice.randint(1, 12)}/{dice.randint(1, 28)}"
        clock = f"{dice.randint(8, 23)}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"
        password = "".join(dice.choice(_LETTERS) for _ in range(5)) + str(dice.randint(100, 999))
        members.append(Member(
            number=1_000_000 + dice.randint(0, 999_999), login=f"{roman}{index:02}", password=password,
            name=f"{_FAMILY[index % len(_FAMILY)]}{dice.choice(_GIVEN)}",
            registered=f"{day}/199{dice.randint(8, 9)} {clock}", last_access=f"3/{dice.randint(1, 26)}/2000 {clock}",
            title=dice.choice(_TITLES), auto_reply=dice.choice(_REPLIES)))
    return members
