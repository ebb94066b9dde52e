"""Mail and labelled secrets that others collected, from the folder of test data beside the project.

Each function takes that folder and gives cases; a source that is not there is left out by the caller,
who says so. Nothing of the data is kept here but the names of files and what they are.
"""
import csv
import gzip
import json
import re

from scanning import Case, as_text, attached


def under(folder, *inside):
    files = (path for name in inside for path in (folder / name).rglob("*"))
    return sorted(path for path in files if path.is_file() and not path.is_symlink())


def line_spans(data: bytes, part: str, wanted):
    """(places of the lines that wanted(line) is true of), in order."""
    spans, begin = [], 0
    for line in data.split(b"\n"):
        if wanted(line):
            spans.append((part, begin, len(line)))
        begin += len(line) + 1
    return spans


def leaky_repo(folder):
    """Ground truth: risky and informative lines of each file, by the collection's own list."""
    root, cases = folder / "data", []
    truth = {}
    for line in (root / ".leaky-meta/secrets.csv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, risky, informative = line.split(",")
            truth[name] = int(risky), int(informative)
    for path in under(folder, "data"):
        name = str(path.relative_to(root))
        if name.startswith(".leaky-meta"):
            continue
        risky, informative = truth.get(name, (0, 0))
        data = path.read_bytes()
        cases.append(Case(name, "leaky-repo", "high" if risky else "none", attached(name, data), innocent=[],
                          facts={"risky": risky, "informative": informative, "content": data, "listed": name in truth}))
    return cases


def secretlint(folder):
    cases = []
    for path in under(folder, "data"):
        rule, kind = re.search(r"secretlint-rule-([^/]+)/test/snapshots/(ok|ng)", str(path)).groups()
        if path.name in ("README.md", ".gitignore") or path.suffix in (".crt", ".csr"):
            continue  # stands beside the input and is not judged upstream
        cases.append(Case(str(path.relative_to(folder / "data")), rule, "high" if kind == "ng" else "none", attached(path.name, path.read_bytes())))
    return cases


def whispers(folder):
    """Lines below a mark `noncompliant` that say that they are hard-coded; those below `compliant` are innocent."""
    cases = []
    innocent_files = re.compile(r"/(falsepositive|placeholders|empty|invalid|paths)[^/]*")
    for path in under(folder, "data"):
        data, name = path.read_bytes(), str(path.relative_to(folder / "data"))
        if innocent_files.search("/" + name):
            cases.append(Case(name, "whispers", "none", attached(name, data)))
            continue
        state = b""

        def bad(line):
            nonlocal state
            marked = re.search(rb"(non-?|in)?compliant", line, re.I)
            if marked:
                state = b"bad" if marked[1] else b"good"
            return state == b"bad" and re.search(rb"hard_?c[o0]ded|fake", line, re.I) is not None

        def good(line):
            bad(line)
            return state == b"good" and b"ompliant" not in line

        spans = line_spans(data, "2", bad)
        state = b""
        clean = line_spans(data, "2", good)
        if spans or clean:  # below the mark, but without the word: found is what is found outside of the innocent lines
            kind = "high" if spans or re.search(rb"(non-?|in)compliant", data, re.I) else "none"
            cases.append(Case(name, "whispers", kind, attached(name, data), secrets=[[s] for s in spans] or None, innocent=clean))
    return cases


def detect_secrets(folder):
    """By that project's own tests: what its detectors report in each file, and what is noise."""
    positive = {"config.env", "config.ini", "config.md", "config.yaml", "config2.yaml", "files/private_key", "short_files/last_line.ini",
                "short_files/middle_line.yml", "sample.diff"}
    return [Case(name, "detect-secrets", "high" if name in positive else "none", attached(name, path.read_bytes()))
            for path in under(folder, "data") for name in [str(path.relative_to(folder / "data"))]]


def ripsecrets(folder):
    cases = []
    for path in under(folder, "data/one_per_line"):
        for number, line in enumerate(filter(None, path.read_bytes().split(b"\n")), 1):
            cases.append(Case(f"{path.name}:{number}", "one-per-line", "high", as_text(line + b"\n")))
    cases += [Case(path.name, "one-per-file", "high", attached(path.name, path.read_bytes())) for path in under(folder, "data/one_per_file")]
    none = (folder / "data/none").read_bytes()
    cases += [Case(f"none:{number}", "none", "none", as_text(line + b"\n")) for number, line in enumerate(none.split(b"\n"), 1) if line]
    return cases


def default_credentials(folder):
    """Rows of product, user and password, twenty a mail; and the vendors' private keys."""
    rows = (folder / "data/DefaultCreds-Cheat-Sheet.csv").read_bytes().splitlines(keepends=True)
    cases = []
    for begin in range(1, len(rows), 20):
        chunk = rows[:1] + rows[begin:begin + 20]
        content, secrets = b"".join(chunk), []
        offset = len(chunk[0])
        for row in chunk[1:]:
            cells = next(csv.reader([row.decode("utf-8", "replace")]), [])
            if len(cells) == 3 and cells[2].strip() not in ("", "<blank>", "(none)", "<N/A>"):
                secrets.append([("2", offset, len(row.rstrip(b"\r\n")))])
            offset += len(row)
        if secrets:
            cases.append(Case(f"rows {begin}-{begin + len(chunk) - 2}", "rows", "high", attached("creds.csv", content), secrets=secrets))
    for path in under(folder, "data/ssh_keys"):
        if path.suffix in (".key", ".json"):
            secret = b"PRIVATE KEY" in path.read_bytes()
            cases.append(Case(path.name, "keys", "high" if secret else "none", attached(path.name, path.read_bytes())))
    return cases


CHECKSUM = re.compile(r"adler|crc|fnv|joaat|elf-?32|fletcher|murmur|xx-?h|ghash|fcs|farm|city|spooky|jenkins|xor|bsd ?sum|sum24|djb", re.I)


def haiti(folder):
    """Each sample behind an address, and alone. Alone, a bare run of letters and a checksum are ordinary text.

    Samples of several fields without a mark of their kind are judged behind an address only.
    """
    cases = []
    with open(folder / "data/samples.tsv", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            text, name = row["hash"], row["name"]
            described = bool(re.match(r"[$@({]|\*[0-9A-F]{40}$|[A-Za-z0-9_-]+\$|0x0[12]00|[a-z0-9_]+:\$|SCRYPT|pbkdf2|grub|scrypt", text))
            family = "self-describing" if described else "bare" if re.fullmatch(r"[\w+/=.-]+", text) else "of several fields"
            family = "checksum" if CHECKSUM.search(name) else family
            label, kind = f"{number} {name}", {"template": name}
            if family != "checksum":
                cases.append(Case(f"{label} (row)", f"{family}, behind an address", "high", as_text(f"taro.yamada@example.jp:{text}\n".encode()), facts=kind))
            if family != "of several fields":
                cases.append(Case(f"{label} (alone)", f"{family}, alone", "high" if family == "self-describing" else "none",
                                  as_text(f"{text}\n".encode()), facts=kind))
    return cases


def _stored(*inside):
    def cases(folder):
        return [Case(str(path.relative_to(folder)), folder.name, "none", path=str(path)) for path in under(folder, *inside)]
    return cases


def _endings(make, *endings):
    """The files below `data` with one of the endings, each as make(path) gives it."""
    def cases(folder):
        return [Case(str(path.relative_to(folder)), folder.name, "none", **make(path)) for path in under(folder, "data")
                if path.suffix.lower() in endings]
    return cases


def _mails(*endings):
    return _endings(lambda path: {"path": str(path)}, *endings)


def _documents(*endings):
    return _endings(lambda path: {"data": attached(path.name, path.read_bytes())}, *endings)


CHARSETS = [("utf-8", "utf-8"), ("iso-2022-jp", "iso2022_jp"), ("shift_jis", "cp932"), ("euc-jp", "euc_jp")]


def manuals(folder):
    """Sixty lines a mail of the Japanese manual pages of Debian, commands and files, without roff's requests; in four charsets."""
    cases = []
    for path in (path for section in ("man1", "man5", "man7", "man8") for path in under(folder, section)):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        lines = [re.sub(r"\\f.|\\&", "", re.sub(r"^[.'] *[A-Za-z]{1,3}\b *", "", line)).replace("\\-", "-")
                 for line in text.splitlines() if not line.startswith(('.\\"', "'\\\""))]
        for begin in range(0, len(lines), 60):
            charset, codec = CHARSETS[len(cases) % 4]
            cases.append(Case(f"{path.name} lines {begin + 1}-{begin + 60}", "manuals", "none",
                              as_text("\r\n".join(lines[begin:begin + 60]).encode(codec, "replace"), charset)))
    return cases


def debian_japanese(folder):
    """Forty lines a mail of the plain texts in four charsets; and each page as an HTML mail."""
    cases = []
    for path in under(folder, "data"):
        if path.name.endswith(".txt.gz"):
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
            for number, begin in enumerate(range(0, len(lines), 40)):
                charset, codec = CHARSETS[number % 4]
                data = "\r\n".join(lines[begin:begin + 40]).encode(codec, "replace")
                cases.append(Case(f"{path.name} lines {begin + 1}-{begin + 40}", "debian-docs-ja-a", "none", as_text(data, charset)))
        elif path.suffix == ".html":
            cases.append(Case(path.name, "debian-docs-ja-a", "none", as_text(path.read_bytes(), "utf-8", "text/html")))
        elif path.suffix == ".pdf":
            cases.append(Case(path.name, "debian-docs-ja-a", "none", attached(path.name, path.read_bytes())))
    return cases


def dictionary(folder):
    """A hundred lines a mail of a Japanese dictionary in CSV, attached in EUC-JP without a label."""
    cases = []
    for path in under(folder, "data"):
        lines = path.read_bytes().splitlines(keepends=True)
        cases += [Case(f"{path.name} lines {n + 1}-{n + 100}", folder.name, "none", attached(path.name, b"".join(lines[n:n + 100])))
                  for n in range(0, len(lines), 100)]
    return cases


LABELLED = {"secrets-leaky-repo": leaky_repo, "secrets-secretlint": secretlint, "secrets-whispers": whispers,
            "secrets-detect-secrets": detect_secrets, "secrets-ripsecrets": ripsecrets, "secrets-defaultcreds": default_credentials,
            "hashes-haiti": haiti}
ORDINARY = {"spamassassin-publiccorpus": _stored("data/easy-ham-1", "data/easy-ham-2", "data/hard-ham-1"), "notmuch-corpora": _stored("data"),
            "bounceparser": _stored("data"), "sisimai-bounces": _stored("data"), "debian-docs-ja-a": debian_japanese,
            "jpmobile-mail": _stored("data"), "redmine-mailhandler": _stored("data"), "ruby-mail": _stored("data"),
            "mailgun-forge": _stored("data"), "email-reply-trimmer": _stored("data"), "mecab-ipadic-csv": dictionary,
            "enmime": _mails(".raw"), "gmime": _mails(".eml", ".mbox", ".txt"), "mimekit": _mails(".eml", ".mbox", ".txt", ".msg"),
            "james-mime4j": _mails(".msg"), "stalwart-mail-parser": _mails(".eml"), "kmime": _mails(".mbox"), "horde-mime": _mails(".txt"),
            "python-email": _mails(".txt"), "bogofilter-inputs": _mails(".txt", ".mbx", ".text", ".inp"), "cyrus-mime": _mails(".eml"),
            "pdfbox-input": _documents(".pdf", ".txt"), "py-pdf-samples": _documents(".pdf"),
            "poi-testdata": _documents(".doc", ".docx", ".xls", ".xlsx", ".xlsb", ".xlsm", ".ppt", ".pptx"),
            "uchardet-test": _documents(".txt"), "encoding_rs-testdata": _documents(".txt")}


def gitleaks_cases(folder):
    """(rule, is positive, case) of that project's own strings."""
    with open(folder / "gitleaks/cases.jsonl", encoding="utf-8") as file:
        for number, row in enumerate(map(json.loads, file), 1):
            yield row["rule"], row["kind"] == "tp", Case(f"{number} {row['rule']}", "gitleaks", "none", as_text(row["text"].encode()))
