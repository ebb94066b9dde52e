"""Fills the ⟨name⟩ and ⟨name:argument⟩ of a template with values in the right shape.

Everything comes from the random.Random given, so a seed gives the same values on every machine. No
value is a real secret: names are common words, domains are reserved, keys are random letters in the
published shape of their kind (with its checksum where it has one), hashes are random letters too.
"""
import base64
import random
import string
import zlib

import words
import words_unseen

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
B64 = string.ascii_letters + string.digits + "+/"
B64URL = string.ascii_letters + string.digits + "-_"
CRYPT = "./" + string.digits + string.ascii_uppercase + string.ascii_lowercase
SYMBOLS = "!#$%&*+-=?@^_~"


class Dice(random.Random):
    """Seeded, with the lists of words that it draws from: the unseen kinds have their own."""

    def __init__(self, seed: str, of_set: str):
        super().__init__(seed)
        self.words = words_unseen if of_set == "unseen" else words


def run(rng, alphabet, length) -> str:
    return "".join(rng.choice(alphabet) for _ in range(int(length)))


def luhn(digits: str) -> str:
    """The check digit that ISO/IEC 7812 puts behind `digits`."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def my_number_check(digits: str) -> str:
    """The check digit of a 12-digit individual number (Ordinance 85 of 2014, article 5)."""
    total = sum(int(d) * (n + 1 if n <= 6 else n - 5) for n, d in enumerate(reversed(digits), 1))
    return str(0 if total % 11 <= 1 else 11 - total % 11)


def ean(digits: str) -> str:
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(digits))
    return str(-total % 10)


def card(rng) -> str:
    prefix, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("3528", 16), ("3589", 16), ("37", 15), ("36", 14)])
    body = prefix + run(rng, string.digits, length - len(prefix) - 1)
    return body + luhn(body)


def grouped(number: str, separator: str) -> str:
    """As printed on the card: 4-4-4-4, 4-6-5 or 4-6-4."""
    cuts = (4, 10) if len(number) < 16 else (4, 8, 12)
    return separator.join(number[a:b] for a, b in zip((0, *cuts), (*cuts, None)))


def wrong(rng, number: str) -> str:
    """The same number with a check digit that is not right."""
    return number[:-1] + rng.choice([d for d in string.digits if d != number[-1]])


def my_number(rng) -> str:
    body = run(rng, string.digits, 11)
    return body + my_number_check(body)


def password(rng, symbols=SYMBOLS) -> str:
    """What people and administrators choose: 6 to 32 characters, a digit in nearly all."""
    kind = rng.randrange(6)
    if kind == 0:
        return run(rng, ALNUM, rng.randint(8, 12)) + rng.choice(string.digits)
    if kind == 1:
        return rng.choice(rng.words.PETS) + run(rng, string.digits, rng.randint(2, 4))
    if kind == 2:
        return rng.choice(rng.words.WORDS).capitalize() + rng.choice(symbols) + run(rng, string.digits, 4)
    if kind == 3:
        return run(rng, ALNUM, rng.randint(3, 8)) + rng.choice(symbols) + run(rng, ALNUM + symbols, rng.randint(2, 8)) + \
            rng.choice(string.digits)
    if kind == 4:
        return run(rng, string.ascii_lowercase, 4) + rng.choice(string.digits) + run(rng, string.ascii_lowercase, 3) + \
            rng.choice(string.digits)
    return run(rng, ALNUM, rng.randint(14, 30)) + rng.choice(string.digits)


def plain_password(rng) -> str:
    """Letters and digits alone, 6 to 12: what a web mail of 2000 took."""
    return rng.choice([rng.choice(rng.words.PETS) + rng.choice(rng.words.PETS)[:3] + rng.choice(string.digits),
                       run(rng, string.ascii_lowercase + string.digits, rng.randint(6, 10)),
                       rng.choice(rng.words.WORDS)[:6] + run(rng, string.digits, 4)])


def common_password(rng, symbols="!#$%&*+-=?@^_~/.") -> str:
    """What people choose, given the choice, and what a machine gives them: some with neither digit nor symbol."""
    kind, words = rng.randrange(14), rng.words
    year = str(rng.randint(1950, 2025))
    if kind < 3:
        return rng.choice(words.WORDS).capitalize() + rng.choice([year, year[2:], run(rng, string.digits, 4)])
    if kind < 6:
        return rng.choice(words.PETS) + f"{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    if kind < 8 and symbols:
        return rng.choice(words.PETS).capitalize() + run(rng, string.digits, rng.randint(1, 4)) + rng.choice(symbols)
    if kind < 11:
        return rng.choice(string.ascii_letters) + run(rng, ALNUM + symbols, rng.randint(6, 12)) + rng.choice(string.digits)
    if kind == 11:
        return "-".join(rng.choice(words.PETS) for _ in range(3)) + f"-{rng.randint(10, 99)}" if symbols else run(rng, UPPER, 9) + rng.choice(string.digits)
    if kind == 12:
        return rng.choice(["1qaz2wsx", "zaq12wsx", "qwer7890", "asdf4321", "poiu0987"]) + rng.choice(["", "3edc", "X", "9"])
    return rng.choice([f"{year}{rng.randint(1, 12):02}{rng.randint(1, 28):02}", rng.choice(words.PETS) + rng.choice(words.WORDS)])


def staff_id(rng) -> str:
    """A login that an administrator makes."""
    (_, _, family), (_, _, given) = person(rng)
    return rng.choice([f"E{run(rng, string.digits, 6)}", f"s{run(rng, string.digits, 7)}", f"{given[0]}-{family}", f"{family}_{given[0]}",
                       f"{family}.{given}", f"{given}{rng.randint(1950, 2012)}", f"user{rng.randint(1, 99):02}", f"tenpo-{rng.randint(1, 40):02}"])


def person(rng):
    return rng.choice(rng.words.SURNAMES), rng.choice(rng.words.GIVEN)


def login(rng) -> str:
    (_, _, family), (_, _, given) = person(rng)
    return rng.choice([f"{given}{rng.randint(1, 99):02}", f"{family}.{given}", f"{given[0]}{family}", f"{family}{rng.randint(60, 99)}",
                       f"{given}_{family}", f"{family}-{given[0]}", f"{rng.choice(rng.words.PETS)}{rng.randint(1, 999)}"])


def telephone(rng) -> str:
    digits = string.digits
    return rng.choice([f"03-{run(rng, digits, 4)}-{run(rng, digits, 4)}", f"090-{run(rng, digits, 4)}-{run(rng, digits, 4)}",
                       f"0120-{run(rng, digits, 3)}-{run(rng, digits, 3)}", f"(06){run(rng, digits, 4)}-{run(rng, digits, 4)}",
                       f"+81-3-{run(rng, digits, 4)}-{run(rng, digits, 4)}"])


def date(rng) -> str:
    year, month, day = rng.randint(1998, 2026), rng.randint(1, 12), rng.randint(1, 28)
    era = f"令和{year - 2018}年" if year > 2019 else f"平成{year - 1988}年"
    return rng.choice([f"{year}/{month:02}/{day:02}", f"{year}年{month}月{day}日", f"{era}{month}月{day}日", f"{year}-{month:02}-{day:02}"])


def github_token(rng, prefix: str) -> str:
    """Its last six letters are the CRC-32 of the 30 before them, in base 62."""
    body = run(rng, ALNUM, 30)
    alphabet, number, check = string.digits + string.ascii_uppercase + string.ascii_lowercase, zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        check = alphabet[digit] + check
    return prefix + body + check.rjust(6, "0")


def random_bytes(rng, length) -> bytes:
    return bytes(rng.randrange(256) for _ in range(int(length)))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def jwt(rng) -> str:
    def part(text):
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return ".".join([part('{"alg":"HS256","typ":"JWT"}'),
                     part(f'{{"sub":"{run(rng, string.digits, 8)}","name":"{login(rng)}","iat":1{run(rng, string.digits, 9)}}}'),
                     run(rng, B64URL, 43)])


SIMPLE = {  # name: of the random source alone
    "sei": lambda r: person(r)[0][0], "mei": lambda r: person(r)[1][0],
    "name": lambda r: (lambda p: p[0][0] + r.choice(["", " ", "　"]) + p[1][0])(person(r)),
    "kana": lambda r: (lambda p: p[0][1] + r.choice([" ", "　"]) + p[1][1])(person(r)),
    "romaji": lambda r: (lambda p: f"{p[1][2]} {p[0][2]}".upper())(person(r)),
    "login": login, "mail": lambda r: f"{login(r)}@{r.choice(r.words.DOMAINS)}", "domain": lambda r: r.choice(r.words.DOMAINS),
    "host": lambda r: f"{r.choice(r.words.WORDS)}{r.randint(1, 20):02}.{r.choice(r.words.DOMAINS)}",
    "port": lambda r: str(r.choice([22, 25, 80, 443, 587, 3306, 5432, 8080, 8443])),
    "word": lambda r: r.choice(r.words.WORDS), "company": lambda r: r.choice(r.words.COMPANIES), "dept": lambda r: r.choice(r.words.DEPTS),
    "item": lambda r: r.choice(r.words.ITEMS), "price": lambda r: f"{r.randint(1, 980) * 100}", "place": lambda r: r.choice(r.words.PLACES),
    "addr": lambda r: f"{r.choice(r.words.PREFECTURES)}{r.randint(1, 30)}-{r.randint(1, 20)}-{r.randint(1, 15)}",
    "zip": lambda r: f"{run(r, string.digits, 3)}-{run(r, string.digits, 4)}", "tel": telephone,
    "bank": lambda r: r.choice(r.words.BANKS), "branch": lambda r: r.choice(r.words.BRANCHES), "autoreply": lambda r: r.choice(r.words.AUTOREPLIES),
    "uid": staff_id, "cpw": common_password, "cpwa": lambda r: common_password(r, ""),
    "cpw-q": lambda r: common_password(r, "!#%*+-=?@_."), "b64pw": lambda r: base64_of(common_password(r).encode()),
    "b64id": lambda r: base64_of(staff_id(r).encode()), "authplain": lambda r: base64_of(f"\0{staff_id(r)}\0{common_password(r)}".encode()),
    "bitlocker": lambda r: "-".join(f"{11 * r.randint(9100, 59000):06}" for _ in range(8)), "basic": lambda r: base64_of(f"{staff_id(r)}:{common_password(r)}".encode()),
    "pw": password, "pwplain": plain_password, "pw-noq": lambda r: password(r, "!#%*+-=?@_"),
    "pwalnum": lambda r: r.choice([run(r, ALNUM, r.randint(7, 16)) + r.choice(string.digits), plain_password(r)]),
    "pwsym": lambda r: run(r, ALNUM, 3) + r.choice("!#%&*+?@") + run(r, ALNUM + "!#%&*+?@", r.randint(4, 12)) + r.choice(string.digits),
    "date": date, "isodate": lambda r: f"{r.randint(2015, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
    "usdate": lambda r: f"{r.randint(1, 12)}/{r.randint(1, 28)}/{r.choice([1998, 1999, 2000])}",
    "hms": lambda r: f"{r.randint(0, 23)}:{r.randint(0, 59):02}:{r.randint(0, 59):02}",
    "uuid": lambda r: "-".join(run(r, HEX, n) for n in (8, 4, 4, 4, 12)),
    "card": card, "card4": lambda r: grouped(card(r), r.choice(" -")), "notcard": lambda r: wrong(r, card(r)),
    "mynum": my_number, "mynum4": lambda r: (lambda n: f"{n[:4]}{s}{n[4:8]}{s}{n[8:]}" if (s := r.choice([" ", "-"])) else n)(my_number(r)),
    "notmynum": lambda r: wrong(r, my_number(r)), "jan": lambda r: (lambda b: b + ean(b))("49" + run(r, string.digits, 10)),
    "isbn": lambda r: (lambda b: f"{b[:3]}-4-{b[4:8]}-{b[8:]}-{ean(b)}")("9784" + run(r, string.digits, 8)),
    "bcrypt": lambda r: f"${r.choice(['2a', '2y', '2b'])}${r.choice(['10', '12'])}${run(r, CRYPT, 53)}",
    "md5crypt": lambda r: f"$1${run(r, CRYPT, 8)}${run(r, CRYPT, 22)}", "apr1": lambda r: f"$apr1${run(r, CRYPT, 8)}${run(r, CRYPT, 22)}",
    "sha256crypt": lambda r: f"$5${run(r, CRYPT, 16)}${run(r, CRYPT, 43)}", "sha512crypt": lambda r: f"$6${run(r, CRYPT, 16)}${run(r, CRYPT, 86)}",
    "yescrypt": lambda r: f"$y$j9T${run(r, CRYPT, 22)}${run(r, CRYPT, 43)}", "phpass": lambda r: f"$P$B{run(r, CRYPT, 30)}",
    "ssha": lambda r: base64_of(random_bytes(r, 28)), "ldap_sha": lambda r: base64_of(random_bytes(r, 20)),
    "ldif_ssha": lambda r: base64_of(("{SSHA}" + base64_of(random_bytes(r, 28))).encode()),
    "django": lambda r: f"pbkdf2_sha256${r.choice([120000, 260000, 600000])}${run(r, ALNUM, 12)}${base64_of(random_bytes(r, 32))}",
    "argon2": lambda r: f"$argon2id$v=19$m=65536,t=3,p=4${run(r, B64, 22)}${run(r, B64, 43)}",
    "mysql41": lambda r: "*" + run(r, "0123456789ABCDEF", 40), "ghp": lambda r: github_token(r, "ghp_"), "gho": lambda r: github_token(r, "gho_"),
    "age": lambda r: run(r, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58), "aws_id": lambda r: "AKIA" + run(r, string.ascii_uppercase + "234567", 16), "jwt": jwt,
}
LENGTHS = {  # name: a run of that many characters of an alphabet
    "d": string.digits, "d19": "123456789", "hex": HEX, "HEX": "0123456789ABCDEF", "an": ALNUM, "AN": UPPER,
    "lower": string.ascii_lowercase + string.digits, "b64": B64, "b64u": B64URL, "b32": string.ascii_uppercase + "234567", "crypt": CRYPT,
}


def value(rng, name: str) -> str:
    """Raises KeyError for a name that stands in neither table; `or:a|b` is one of several."""
    kind, _, length = name.partition(":")
    if kind == "or":
        return rng.choice(length.split("|"))
    return run(rng, LENGTHS[kind], length) if length else SIMPLE[kind](rng)
