#!/usr/bin/env python3
"""Writes the labelled mails: tests/quality/generate.py FOLDER [--each N] [--template ID]

FOLDER gets NNNNN.eml and labels.jsonl, one object a mail. The same seed gives the same bytes
everywhere: the file `checksums` holds the SHA-256 of all of them, for the whole set and the small
one; `generate.py --checksums` prints that file.
"""
import argparse
import hashlib
import json
import pathlib

import compose
import template as templates
import values

SEED = 20000407
EACH = {"whole": 30, "small": 2, **dict.fromkeys(templates.APART, 30)}


def mails(each: int, only: str = "", sets=templates.SETS):
    """(name, bytes, label), in one order. A template's mails do not depend on other templates."""
    number = 0
    for template in templates.load(sets):
        for n in range(each):
            number += 1
            if only in ("", template.id):
                data, facts = compose.compose(values.Dice(f"{SEED} {template.id} {n}", template.set), template)
                yield f"{number:05}.eml", data, {"mail": f"{number:05}.eml", **facts}


def label_line(facts: dict) -> str:
    return json.dumps(facts, ensure_ascii=False) + "\n"


def checksums() -> str:
    lines = []
    for name, each in EACH.items():
        digest, count = hashlib.sha256(), 0
        for _, data, facts in mails(each, sets=(name,) if name in templates.APART else templates.SETS):
            digest.update(data + label_line(facts).encode())
            count += 1
        lines.append(f"{name}: seed {SEED}, {each} of each template, {count} mails, sha256 {digest.hexdigest()}\n")
    return "".join(lines)


def write(folder: pathlib.Path, each: int, only: str = "") -> int:
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with open(folder / "labels.jsonl", "w", encoding="utf-8") as labels:
        for name, data, facts in mails(each, only):
            (folder / name).write_bytes(data)
            labels.write(label_line(facts))
            count += 1
    return count


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=pathlib.Path, nargs="?")
    asked.add_argument("--each", type=int, default=EACH["whole"], help="mails a template")
    asked.add_argument("--template", default="", help="of this one alone")
    asked.add_argument("--checksums", action="store_true")
    given = asked.parse_args()
    if given.checksums:
        print(checksums(), end="")
    elif given.folder is None:
        asked.error("which folder?")
    else:
        print(f"{write(given.folder, given.each, given.template)} mails")
