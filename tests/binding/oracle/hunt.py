#!/usr/bin/env python3
"""Hunts for From fields that warifu accepts and a mail program shows as another account's.

usage: hunt.py ASK_AUTHOR [COUNT [SEED]]

ASK_AUTHOR is the helper of that name (target ask_author). Fields are grown by mutation from those
of ../author_forms.toml; those that the author check accepts are asked of the same programs as
ask.py asks. Prints each field in which one of them shows boss@corp.example as an address, and
exits with 1 when there is one. A find belongs into author_forms.toml.
"""
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import tomllib

import ask

# me+boss@corp.example is the account's own.
BOSS = re.compile(r"(?<![\w.+-])boss@corp\.example(?![\w-]|\.\w|\?=)", re.IGNORECASE)
SPACED = re.compile(rb"=\?[^?]*\?[qQbB]\?[^?]*[\s_][^?]*\?=")
PIECES = [
    b"me@corp.example", b"boss@corp.example", b"<me@corp.example>", b"<boss@corp.example>", b"boss",
    b"@", b"corp.example", b"mine.example", b"me", b"x", b"<", b">", b'"', b'"', b"\\", b"(", b")", b",",
    b";", b":", b".", b" ", b"\t", b"\r\n ", b"=?utf-8?q?", b"?=", b"=40", b"=3C", b"=22", b"=?utf-8?b?",
    b"=?utf-8?q?boss=40corp.example?=", b"=?utf-8?q?x?=", b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b(I", b'$"',
    b"$(", b"$)", b'"@', b"bo", b"ss", "あ".encode(), "＠".encode(), b"\x81", b"\x95\\", b"\x81@", b"\xff",
    b"'", b"[", b"]", b"[192.0.2.1]", b"!", b"%", b"+", b"=", b"?", b"Team:", b";", b"\x00", b"\r", b"(x)",
    b'"x"', b'"boss@corp.example"', b"(boss@corp.example)", b"xn--", "。".encode(), b"_",
]


def grow(rng: random.Random, seeds: list) -> bytes:
    field = rng.choice(seeds)
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(field))
        kind = rng.random()
        if kind < 0.6:
            field = field[:at] + rng.choice(PIECES) + field[at:]
        elif kind < 0.8:
            field = field[:at] + field[at + rng.randint(1, 4):]
        else:
            other = rng.choice(seeds)
            field = field[:at] + other[rng.randint(0, len(other)):]
    return field


def accepted(program: str, heads: list) -> list:
    text = "".join(head.hex() + "\n" for head in heads)
    words = subprocess.run([program], input=text, check=True, capture_output=True, text=True).stdout
    return [(head, word) for head, word in zip(heads, words.split()) if word in ("pass", "display")]


def asked(folder: pathlib.Path, heads: list) -> list:
    paths = [folder / f"{index}.eml" for index in range(len(heads))]
    for path, head in zip(paths, heads):
        path.write_bytes(head + b"\r\n" + ask.REST)
    _, gmime = ask.ask_gmime(folder, paths)
    node = ask.ask_node(paths)
    return [{"gmime": gmime[str(p)], **ask.ask_python(p.read_bytes()), **node[str(p)]} for p in paths]


def main() -> int:
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    table = tomllib.loads((ask.HERE.parent / "author_forms.toml").read_text())
    seeds = [ask.unescape(f["from"]) for k in ("hostile", "lawful") for f in table[k] if "from" in f]
    heads = [b"From: " + grow(rng, seeds) for _ in range(count)]
    heads = [head for head in dict.fromkeys(heads) if b"boss" in head or b"=?" in head]
    chosen = accepted(program, heads)
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for begin in range(0, len(chosen), 5000):
            part = chosen[begin:begin + 5000]
            for (head, word), answers in zip(part, asked(pathlib.Path(scratch), [h for h, _ in part])):
                for name, said in answers.items():
                    # The idiom joins words that hold white space; no program does.
                    if name == "python-decoded" and (word == "display" or SPACED.search(head)):
                        continue
                    shown = [a for _, a in said.get("from", []) if BOSS.search(a)]
                    if shown:
                        found.append((head, word, name, shown))
    for head, word, name, shown in found:
        print(f"{head!r}: {word}, yet {name} shows {shown}")
    print(f"{len(heads)} fields, {len(chosen)} accepted, {len(found)} shown as another account's")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
