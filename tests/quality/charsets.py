"""Japanese text as mail programs write it: bytes, and where each character begins in them.

ISO-2022-JP and EUC-JP as Windows' mail programs write them, with half-width kana and the row of NEC's
signs (①, ㈱), which Python's own codecs refuse; Shift_JIS is CP932.
"""
import re
import unicodedata

# What the header says for each, rightly; and wrongly, as it is met.
LABELS = {
    "iso-2022-jp": ["iso-2022-jp", "ISO-2022-JP", "ISO-2022-JP"],
    "shift_jis": ["shift_jis", "Shift_JIS", "windows-31j", "cp932", "x-sjis"],
    "euc-jp": ["euc-jp", "EUC-JP", "x-euc-jp"],
    "utf-8": ["utf-8", "UTF-8", "utf8"],
    "utf-16le": ["utf-16", "utf-16le"], "utf-16be": ["utf-16", "utf-16be"],
    "us-ascii": ["us-ascii", "utf-8", "iso-8859-1", "iso-2022-jp"],
}
WRONG = {
    "iso-2022-jp": ["us-ascii", "utf-8", "iso-8859-1", "shift_jis", "euc-jp"],
    "shift_jis": ["iso-2022-jp", "utf-8", "us-ascii", "iso-8859-1", "euc-jp"],
    "euc-jp": ["shift_jis", "iso-2022-jp", "iso-8859-1", "us-ascii", "utf-8"],
    "utf-8": ["us-ascii", "iso-8859-1", "iso-2022-jp", "shift_jis", "windows-1252"],
    "utf-16le": ["utf-8", "shift_jis"], "utf-16be": ["utf-8", "us-ascii"],
    "us-ascii": ["shift_jis", "x-unknown", "utf-8"],
}
ESCAPES = {"ascii": b"\x1b(B", "kanji": b"\x1b$B", "kana": b"\x1b(I"}


def rows_and_cells(char: str):
    """(kind, bytes in 7 bits) of a character of CP932."""
    code = char.encode("cp932")
    if len(code) == 1:
        return ("ascii", code) if code[0] < 0x80 else ("kana", bytes([code[0] & 0x7F]))
    lead, trail = code
    row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2
    row += 1 if trail >= 0x9F else 0
    cell = trail - 0x9F if trail >= 0x9F else trail - 0x40 - (1 if trail > 0x7F else 0)
    return "kanji", bytes([row + 0x21, cell + 0x21])


def has(charset: str, text: str) -> bool:
    """Whether every character of the text stands in the charset; emoji do in none of the Japanese ones."""
    try:
        text.encode("utf-8" if charset.startswith("utf") else "cp932")
    except UnicodeEncodeError:
        return False
    return True


def euc(char: str) -> bytes:
    kind, code = rows_and_cells(char)
    high = bytes(byte | 0x80 for byte in code)
    return {"ascii": code, "kana": b"\x8e" + high, "kanji": high}[kind]


def encode(text: str, charset: str):
    """(bytes, offsets): offsets[n] is where character n begins, and one more for the end.

    Raises UnicodeEncodeError for a character that the charset has not.
    """
    out, offsets, kind, known = bytearray(), [], "ascii", {}
    if charset.startswith("utf-16"):
        out += "\ufeff".encode(charset)
    for char in text:
        if charset == "iso-2022-jp":
            now, code = known.get(char) or known.setdefault(char, rows_and_cells(char))
            if now != kind:
                out += ESCAPES[now]
                kind = now
        elif char in known:
            code = known[char]
        else:
            codec = {"shift_jis": "cp932", "us-ascii": "ascii"}.get(charset, charset)
            code = known[char] = euc(char) if charset == "euc-jp" else char.encode(codec)
        offsets.append(len(out))
        out += code
    offsets.append(len(out))
    if kind != "ascii":
        out += ESCAPES["ascii"]
    return bytes(out), offsets


def _half_kana() -> dict:
    table = {}
    for code in range(0xFF61, 0xFFA0):
        table[unicodedata.normalize("NFKC", chr(code))] = chr(code)
        for mark in "ﾞﾟ":
            whole = unicodedata.normalize("NFKC", chr(code) + mark)
            if len(whole) == 1:
                table[whole] = chr(code) + mark
    return {ord(full): half for full, half in table.items() if "ァ" <= full <= "ー"}


HALF_KANA = _half_kana()
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
WIDE_DIGITS = {code: code + 0xFEE0 for code in range(0x30, 0x3A)}


def half_kana(text: str) -> str:
    return text.translate(HALF_KANA)


def wide_secrets(marked: str) -> str:
    """Full-width the secrets, and all digits of a text that has none."""
    if "⟦" not in marked:
        return marked.translate(WIDE_DIGITS)
    return re.sub("⟦[^⟧]*⟧", lambda m: m[0].translate(WIDE), marked)


def wide_labels(marked: str) -> str:
    """Full-width colons and abbreviations outside of the secrets and of addresses."""
    def outside(text):
        text = re.sub(r":(?!//)(?=\s*(?:⟦|[^\s\d]|$))", "：", text)
        return re.sub(r"(?<![A-Za-z@./])(?:ID|PW|CVV|TEL|FAX|No)(?![A-Za-z@./])", lambda m: m[0].translate(WIDE), text)
    return "".join(part if part.startswith("⟦") else outside(part) for part in re.split("(⟦[^⟧]*⟧)", marked))
