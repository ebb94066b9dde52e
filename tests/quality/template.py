"""Reads the template files and fills a template: text with its secrets marked.

    === ID | FAMILY | SEVERITY        severity `none`: a near miss that nothing may find
    subject: …                        place: where the text may stand (body quoted signature attachment
    file: name of the attachment      html: in an HTML part too); formats: html = in HTML alone
    --
    the text; ⟨name⟩ and ⟨name:argument⟩ are filled (values.py), ⟨name#1⟩ is the same value each time;
    ⟦…⟧ is a secret, which must be found; a line ⟨rows:4-9⟩… stands 4 to 9 times, ⏎ in it is a new line
    --sig                             the sender's signature (with `place: signature`, all that counts)
    --html                            the same content as HTML, where it is not made of the text
    --file NAME zip-encrypted         an encrypted archive goes with the mail
"""
import dataclasses
import hashlib
import pathlib
import re

import values

HERE = pathlib.Path(__file__).resolve().parent
SETS = ("frozen", "templates")
APART = ("told", "unseen")  # each measured by itself
MARKS = str.maketrans("", "", "⟦⟧")
SEVERITIES = ("none", "info", "low", "medium", "high", "critical")


@dataclasses.dataclass
class Template:
    id: str
    family: str
    severity: str
    set: str
    fields: dict
    sections: dict  # text, sig, html: marked and not yet filled
    archive: str = ""

    @property
    def places(self) -> list:
        return self.fields.get("place", "body").split()


def parse(path: pathlib.Path, of_set: str) -> list:
    found = []
    for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.M)[1:]:
        head, *lines = block.split("\n")
        name, family, severity = (part.strip() for part in head.split("|"))
        cut = lines.index("--")
        template = Template(name, family, severity, of_set, dict(line.split(": ", 1) for line in lines[:cut]), {})
        section = "text"
        for line in lines[cut + 1:]:
            if line in ("--sig", "--html"):
                section = line[2:]
            elif line.startswith("--file "):
                template.archive = line.split()[1]
            else:
                template.sections.setdefault(section, []).append(line)
        template.sections = {key: "\n".join(text).rstrip("\n") + "\n" for key, text in template.sections.items()}
        marked = "⟦" in block
        assert severity in SEVERITIES and marked == (severity != "none"), f"{path.name}: {name}"
        found.append(template)
    return found


def load(sets=SETS) -> list:
    """Every template of the sets, in one order on every machine."""
    found = [t for of_set in sets for path in sorted((HERE / of_set).glob("*.txt")) for t in parse(path, of_set)]
    assert len({t.id for t in found}) == len(found), "an id stands twice"
    return found


def changed_frozen() -> list:
    """Names of frozen files that are not as they were."""
    folder = HERE / "frozen"
    sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    now = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.txt")}
    return sorted(name for name in sums | now if sums.get(name) != now.get(name))


def fill(rng, text: str) -> str:
    """The text with its values, the marks still in it."""
    lines = []
    for line in text.split("\n"):
        rows = re.match(r"(⟦?)⟨rows:(\d+)-(\d+)⟩", line)
        if rows:
            row = rows[1] + line[rows.end():].replace("⏎", "\n")
            lines += [row] * rng.randint(int(rows[2]), int(rows[3]))
        else:
            lines.append(line)
    kept = {}

    def one(match):
        name, _, key = match[1].partition("#")
        if not key:
            return values.value(rng, name)
        return kept.setdefault(match[1], values.value(rng, name))

    return re.sub(r"⟨([^⟩]+)⟩", one, "\n".join(lines))


def bare(marked: str):
    """(text without marks, [(begin, end)] of the secrets in characters)."""
    spans, begin, removed = [], 0, 0
    for match in re.finditer("[⟦⟧]", marked):
        place = match.start() - removed
        if match[0] == "⟦":
            begin = place
        else:
            spans.append((begin, place))
        removed += 1
    return marked.translate(MARKS), spans
