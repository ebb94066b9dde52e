"""One labelled mail of a template: where the text stands, as what, in which charset and encoding.

A secret's place is given for each part in which it stands, as `warifu scan` gives that of a finding:
bytes into the part's content after its transfer encoding is undone.
"""
import base64
import dataclasses
import html
import io
import quopri
import re
import zipfile

import charsets
import template as templates
import values

RULES = ["━" * 20, "-" * 40, "*" * 36, "＝" * 18, "_" * 30, "─" * 22]
WIDTHS = {"labels-ja", "ppap", "cards", "my-number", "bank", "members", "ordinary"}  # whose text varies in width


@dataclasses.dataclass
class Part:
    type: str
    marked: str
    charset: str
    label: str = ""  # what the header says; empty: nothing
    encoding: str = "8bit"
    parameters: str = ""
    disposition: str = ""
    raw: bytes = b""  # of an archive, instead of text

    def write(self):
        """(bytes with their header, spans in the decoded content)."""
        if self.raw:
            content, spans = self.raw, []
        else:
            text, marks = templates.bare(self.marked.replace("\n", "\r\n"))
            content, offsets = charsets.encode(text, self.charset)
            spans = [(offsets[begin], offsets[end] - offsets[begin]) for begin, end in marks]
        head = f"Content-Type: {self.type}" + (f'; charset={self.label}' if self.label else "") + self.parameters
        head += f"\r\nContent-Transfer-Encoding: {self.encoding}\r\n"
        if self.disposition:
            head += f"Content-Disposition: {self.disposition}\r\n"
        if self.encoding == "base64":
            content = base64.encodebytes(content).replace(b"\n", b"\r\n")
        elif self.encoding == "quoted-printable":
            content = quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        return head.encode() + b"\r\n" + content, spans


def flowed(marked: str, delsp: bool) -> str:
    """RFC 3676: lines of at most 72 columns; with DelSp broken anywhere, but never inside a mark's pair."""
    out = []
    for line in marked.split("\n"):
        if re.match(r"[ >]|From ", line.translate(templates.MARKS)) and not line.startswith("> "):
            line = " " + line
        piece, width = "", 0
        for char in line:
            piece += char
            width += 0 if char in "⟦⟧" else 1 if char < "\u0100" else 2
            if width >= 66 and (char == " " or (delsp and char not in "⟦")):
                out.append(piece + (" " if delsp else ""))
                piece, width = "> " if line.startswith("> ") else "", 0
        out.append(piece)
    return "\n".join(out)


def hard_wrapped(marked: str) -> str:
    """Lines of at most 74 columns, as the programs break them that know no format=flowed: between words and at any kana."""
    out = []
    for line in marked.split("\n"):
        piece, width = "", 0
        for atom in re.findall(r"⟦[^⟧\s]{1,40}⟧|⟦?[!-~]+⟧?|⟦?.⟧?", line):
            columns = sum(1 if char < "\u0100" else 2 for char in atom.translate(templates.MARKS))
            if piece and width + columns > 74:
                out.append(piece)
                piece, width = "", 0
            piece, width = piece + atom, width + columns
        out.append(piece)
    return "\n".join(out)


def as_html(rng, marked: str) -> str:
    """The text as the editors of mail programs write it."""
    escaped = html.escape(marked, quote=False)
    style = rng.randrange(4)
    lines = escaped.split("\n")
    if style == 0:
        body = "<br>\n".join(lines)
    elif style == 1:
        body = "\n".join(f"<div>{line or '<br>'}</div>" for line in lines)
    elif style == 2:
        body = "\n".join(f'<p class="MsoNormal"><span lang="JA">{line or "&nbsp;"}</span></p>' for line in lines)
    else:
        emphasis = rng.choice(["b", "strong", "code", "u"])
        body = "<br>\n".join(re.sub("(⟦[^⟧]*⟧)", rf"<{emphasis}>\1</{emphasis}>", line) for line in lines)
    return f"<html><head><title></title></head><body>\n{body}\n</body></html>\n"


def small_signature(rng) -> str:
    (family, _, _), (given, _, latin) = values.person(rng)
    lines = [f"{rng.choice(rng.words.COMPANIES)} {rng.choice(rng.words.DEPTS)}", f"{family} {given}", f"TEL {values.telephone(rng)}",
             f"{latin}@{rng.choice(rng.words.DOMAINS)}", f"http://www.{rng.choice(rng.words.DOMAINS)}/"]
    rule = rng.choice(["-- ", *RULES])
    return "\n".join([rule, *lines[:rng.randint(2, 5)], *([rule] if rule != "-- " and rng.random() < .6 else [])]) + "\n"


def quoted(rng, marked: str) -> str:
    reply = f"{rng.choice(rng.words.OPENINGS)}\n{rng.choice(rng.words.SMALLTALK)}\n{rng.choice(rng.words.CLOSINGS)}\n\n"
    sender, day = values.value(rng, "name"), values.value(rng, "date")
    mark = rng.choice(["> ", "> ", ">", ">> "])
    told = rng.choice([f"{day} {sender} <{values.value(rng, 'mail')}>:", f"On {day}, {sender} wrote:", f"{sender}さんは書きました:"])
    return reply + told + "\n" + "".join(f"{mark}{line}\n" for line in marked.rstrip("\n").split("\n"))


def forwarded(rng, marked: str) -> str:
    """The text below the heading that programs put over a forwarded mail, without marks before its lines."""
    sender, to, day = values.value(rng, "name"), values.value(rng, "name"), values.value(rng, "isodate")
    heading = rng.choice([
        f"-----Original Message-----\nFrom: {sender} <{values.value(rng, 'mail')}>\nSent: {day} {values.value(rng, 'hms')}\nTo: {to}\nSubject: RE: ",
        f"---------- Forwarded message ---------\nFrom: {sender} <{values.value(rng, 'mail')}>\nDate: {day}\nSubject: 件名なし\nTo: {to}",
        f"________________________________\n差出人: {sender}\n送信日時: {day} {values.value(rng, 'hms')}\n宛先: {to}; {values.value(rng, 'name')}\n件名: FW: "])
    return f"{rng.choice(rng.words.OPENINGS)}\n{rng.choice(rng.words.SMALLTALK)}\n\n{small_signature(rng)}\n{heading}\n\n{marked}"


def vary_width(rng, family: str, marked: str):
    """(name of the variation, the text)."""
    if family not in WIDTHS or rng.random() < .6:
        return "as-is", marked
    kind = rng.choice(["half-kana", "wide-labels", "wide-secrets"] if family != "members" else ["half-kana"])
    return kind, {"half-kana": charsets.half_kana, "wide-labels": charsets.wide_labels, "wide-secrets": charsets.wide_secrets}[kind](marked)


def choose_charset(rng, marked: str, attachment: bool) -> str:
    if marked.isascii():
        return "us-ascii" if not attachment or rng.random() < .7 else rng.choice(["utf-16le", "utf-16be"])
    choices = ["utf-8"] * 7 + ["iso-2022-jp"] * 6 + ["shift_jis"] * 4 + ["euc-jp"] * 3
    chosen = rng.choice(choices + ["utf-16le", "utf-16be", "shift_jis", "shift_jis"] if attachment else choices)
    return chosen if charsets.has(chosen, marked.translate(templates.MARKS)) else "utf-8"


def label(rng, charset: str, attachment: bool):
    """(right, missing or wrong; what the header says)."""
    dice = rng.random()
    if dice < (.4 if attachment else .12):
        return "missing", ""
    if dice > .87:
        return "wrong", rng.choice(charsets.WRONG[charset])
    return "right", rng.choice(charsets.LABELS[charset])


def encoding(rng, charset: str, attachment: bool) -> str:
    if charset.startswith("utf-16"):
        return "base64"
    seven = charset in ("iso-2022-jp", "us-ascii")
    plain = "7bit" if seven else "8bit"
    return rng.choice([plain, "base64", "base64", "quoted-printable"] if attachment else
                      [plain] * (5 if seven else 2) + ["base64", "base64", "quoted-printable"])


def encoded_word(rng, text: str, charset: str) -> str:
    charset = "utf-8" if charset.startswith("utf-16") or charset == "us-ascii" else charset
    pieces = [text[n:n + 12] for n in range(0, len(text), 12)]
    return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(charsets.encode(piece, charset)[0]).decode()}?=" if not piece.isascii()
                        else piece for piece in pieces)


def locked_zip(rng, name: str) -> bytes:
    """An archive whose one member is marked as encrypted and reads as noise."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 0, 0)), values.random_bytes(rng, 400))
    data = bytearray(out.getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def body_parts(rng, template, marked: str, html_marked: str, form: str, facts: dict) -> list:
    charset = facts["charset"] = choose_charset(rng, marked + html_marked, False)
    parts = []
    for type_ in {"plain": ["plain"], "flowed": ["plain"], "delsp": ["plain"], "hard": ["plain"], "html": ["html"], "both": ["plain", "html"]}[form]:
        text = marked if type_ == "plain" else html_marked or as_html(rng, marked)
        if type_ == "plain" and form in ("flowed", "delsp"):
            text = flowed(text, form == "delsp")
        if form == "hard":
            text = hard_wrapped(text)
        facts["label"], said = label(rng, charset, False) if not parts else (facts["label"], parts[0].label)
        more = {"flowed": "; format=flowed", "delsp": "; format=flowed; delsp=yes"}.get(form, "")
        parts.append(Part(f"text/{type_}", text, charset, said, encoding(rng, charset, False), more))
    facts["encoding"] = parts[0].encoding
    return parts


def attachment(rng, template, marked: str, facts: dict) -> Part:
    charset = facts["charset"] = choose_charset(rng, marked, True)
    facts["label"], said = label(rng, charset, True)
    name = template.fields.get("file", "memo.txt")
    types = {"csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/json", "sql": "application/sql"}
    type_ = rng.choice([types.get(name.rpartition(".")[2], "text/plain"), "text/plain", "application/octet-stream"])
    facts["encoding"] = encoding(rng, charset, True)
    if rng.random() < .3:  # a name in Japanese, as RFC 2231 and as most programs write it
        stem = rng.choice(["一覧", "資料", "データ", "控え"]) + (name if name.startswith(".") or "." not in name else "." + name.rpartition(".")[2])
        shown = rng.choice(["filename*=utf-8''" + "".join(f"%{b:02X}" for b in stem.encode()),
                            f'filename="=?utf-8?B?{base64.b64encode(stem.encode()).decode()}?="'])
    else:
        shown = f'filename="{name}"'
    return Part(type_, marked, charset, said, facts["encoding"], "", f"attachment; {shown}")


def compose(rng, template):
    """(the mail's bytes, its label)."""
    sections = {key: templates.fill(rng, text) for key, text in template.sections.items()}
    place = rng.choice(template.places if "html" not in template.places or len(template.places) == 1 else
                       [p for p in template.places if p != "html"])
    facts = {"place": place}
    facts["width"], text = vary_width(rng, template.family, sections["text"])
    data_like = "file" in template.fields
    form = "plain"
    if place in ("body", "quoted", "forwarded"):
        forms = ["plain", "plain", "plain", "flowed", "delsp"] + ["hard"] * (template.set == "unseen") + (["html", "both"] * 2 if "html" in template.places else [])
        form = "html" if template.fields.get("formats") == "html" else rng.choice(forms)
    facts["form"] = form
    if place == "attachment":
        cover = f"{rng.choice(rng.words.OPENINGS)}\n{rng.choice(rng.words.COVERS)}\n{rng.choice(rng.words.CLOSINGS)}\n\n{small_signature(rng)}"
        if not text.endswith("\n"):
            text += "\n"
        cover_part = Part("text/plain", cover, "utf-8", "utf-8", "base64")
        parts = [[cover_part], attachment(rng, template, text, facts)]
    else:
        if data_like and place == "body" and rng.random() < .5:
            text = f"{rng.choice(rng.words.OPENINGS)}\n{rng.choice(rng.words.SMALLTALK)}\n\n{text}\n{rng.choice(rng.words.CLOSINGS)}\n"
        if "sig" in sections:
            rule = rng.choice(["-- ", "-- ", *RULES]) if place == "signature" else ""
            text += "\n" + (rule + "\n" if rule else "") + sections["sig"]
        elif rng.random() < .4:
            text += "\n" + small_signature(rng)
        if place in ("quoted", "forwarded"):
            text = {"quoted": quoted, "forwarded": forwarded}[place](rng, text)
        parts = [body_parts(rng, template, text, sections.get("html", ""), form, facts)]
    if template.archive:
        parts.append(Part("application/zip", "", "us-ascii", "", "base64", "", f'attachment; filename="{template.archive}"',
                          locked_zip(rng, "shiryo.docx")))
    return assemble(rng, template, sections, parts, facts)


def assemble(rng, template, sections, parts, facts):
    body, *rest = parts
    written, spans = [], []

    def put(part, number):
        data, places = part.write()
        spans.append([(number, begin, length) for begin, length in places])
        return data

    def wrap(kind, pieces):
        boundary = "=_" + values.run(rng, values.ALNUM, 20)
        lines = b"".join(b"--" + boundary.encode() + b"\r\n" + piece.rstrip(b"\r\n") + b"\r\n" for piece in pieces)
        return (f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n').encode() + lines + f"--{boundary}--\r\n".encode()

    nest = "1." if rest else ""
    alone = len(body) == 1
    pieces = [put(part, ("1" if rest or alone else "") if alone else f"{nest}{n}") for n, part in enumerate(body, 1)]
    whole = pieces[0] if alone else wrap("alternative", pieces)
    if rest:
        whole = wrap("mixed", [whole, *(put(part, str(n)) for n, part in enumerate(rest, 2))])
    # The same secret in each alternative: found in one of them is found.
    secrets = [list(places) for places in zip(*[s for s in spans if s])] if any(spans) else []
    subject = templates.fill(rng, template.fields.get("subject", "メモ"))
    sender, to = (values.login(rng) + "@" + d for d in (rng.words.SENDER, rng.choice(["example.com", "example.net", "example.ne.jp"])))
    head = (f"Received: from [192.0.2.{rng.randint(1, 254)}] by mail.{rng.words.SENDER} (Postfix) with ESMTPSA id "
            f"{values.run(rng, values.UPPER, 10)};\r\n Mon, 5 Jan 2026 09:{rng.randint(0, 59):02}:{rng.randint(0, 59):02} +0900\r\n"
            f"Date: Mon, 5 Jan 2026 09:{rng.randint(0, 59):02}:{rng.randint(0, 59):02} +0900\r\nFrom: {sender}\r\nTo: {to}\r\n"
            f"Subject: {encoded_word(rng, subject, facts['charset'])}\r\n"
            f"Message-ID: <{values.run(rng, values.HEX, 16)}.{values.run(rng, '0123456789', 10)}@{rng.words.SENDER}>\r\nMIME-Version: 1.0\r\n")
    facts |= {"template": template.id, "set": template.set, "family": template.family, "severity": template.severity, "secrets": secrets}
    return head.encode() + whole, facts
