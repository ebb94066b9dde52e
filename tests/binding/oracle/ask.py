#!/usr/bin/env python3
"""Asks mail programs what they show of each form in ../author_forms.toml; writes answers.json.

usage: ask.py            (after `npm install` in this folder; needs g++, libgmime-3.0-dev and node)

The answers are committed, so that the test run needs none of these programs. Run it again after a
change of author_forms.toml. An answer is a list of [name, address] as the program gives them; a
group comes as its name without an address, followed by its members.

python-decoded is the widespread idiom of decoding the field before parsing it.
"""
import email
import email.header
import email.policy
import email.utils
import json
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
REST = b"To: you@elsewhere.example\r\nSubject: form\r\nMIME-Version: 1.0\r\n\r\nHello\r\n"


def unescape(text: str) -> bytes:
    """The escapes of author_forms.toml."""
    def one(match):
        escape = match[0]
        if escape[1:2] == b"x":
            return bytes([int(escape[2:], 16)])
        return {b"\\\\": b"\\", b"\\n": b"\r\n", b"\\t": b"\t"}[escape]
    return re.sub(rb"\\(?:x[0-9a-fA-F]{2}|.)", one, text.encode())


def head_of(form: dict) -> bytes:
    return unescape(form["head"]) if "head" in form else b"From: " + unescape(form["from"])


def plain(text) -> str:
    """Raw bytes in Python's surrogates as text that JSON can hold."""
    return str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def decoded(text: str) -> str:
    return plain(email.header.make_header(email.header.decode_header(text)))


def compat32(data: bytes, field: str) -> list:
    values = email.message_from_bytes(data).get_all(field, [])
    values = [str(value) for value in values]
    return [[decoded(name), plain(addr)] for name, addr in email.utils.getaddresses(values)]


def decode_first(data: bytes, field: str) -> list:
    values = email.message_from_bytes(data).get_all(field, [])
    values = [decoded(str(value)) for value in values]
    return [[plain(name), plain(addr)] for name, addr in email.utils.getaddresses(values)]


def default(data: bytes, field: str) -> list:
    out = []
    for value in email.message_from_bytes(data, policy=email.policy.default).get_all(field, []):
        for group in value.groups:
            if group.display_name is not None:
                out.append([plain(group.display_name), ""])
            out += [[plain(a.display_name), plain(a.addr_spec)] for a in group.addresses]
    return out


def ask_python(data: bytes) -> dict:
    answers = {}
    for name, ask in (("python-compat32", compat32), ("python-decoded", decode_first),
                      ("python-default", default)):
        try:
            answers[name] = {"from": ask(data, "from"), "sender": ask(data, "sender")}
        except Exception as error:  # its own defects are answers too
            answers[name] = {"error": f"{type(error).__name__}: {plain(error)}"}
    return answers


def ask_gmime(folder: pathlib.Path, paths: list) -> tuple:
    program = folder / "ask_gmime"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "gmime-3.0"], check=True,
                           capture_output=True, text=True).stdout.split()
    subprocess.run(["g++", "-O1", "-o", program, HERE / "ask_gmime.cc", *flags], check=True)
    text = subprocess.run([program, *paths], check=True, capture_output=True, text=True).stdout
    answers, current, version = {}, None, ""
    for line in text.splitlines():
        words = line.split(" ")
        if words[0] == "version":
            version = words[1]
        elif words[0] == "file":
            current = answers[words[1]] = {"from": [], "sender": []}
        else:
            pair = [bytes.fromhex(w[1:]).decode("utf-8", "replace") for w in words[1:]]
            current[words[0]].append(pair)
    return version, answers


def ask_node(paths: list) -> dict:
    text = subprocess.run(["node", HERE / "ask.mjs", *paths], check=True, capture_output=True,
                          text=True, cwd=HERE).stdout
    return {answer.pop("path"): answer for answer in map(json.loads, filter(None, text.split("\n")))}


def main() -> int:
    table = tomllib.loads((HERE.parent / "author_forms.toml").read_text())
    forms = {form["id"]: form for kind in ("hostile", "lawful") for form in table[kind]}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        paths = {}
        for name, form in forms.items():
            paths[name] = folder / f"{name}.eml"
            paths[name].write_bytes(head_of(form) + b"\r\n" + REST)
        version, gmime = ask_gmime(folder, list(paths.values()))
        node = ask_node(list(paths.values()))
        answers = {}
        for name, path in paths.items():
            text = forms[name].get("head", forms[name].get("from"))
            answers[name] = {"asked": text, "gmime": gmime[str(path)],
                             **ask_python(path.read_bytes()), **node[str(path)]}
    packages = json.loads((HERE / "package.json").read_text())["dependencies"]
    programs = {"gmime": version, "python": platform.python_version(), **packages}
    out = {"programs": programs, "forms": answers}
    lines = ["{", f'"programs": {json.dumps(programs)},', '"forms": {']
    for index, (name, answer) in enumerate(out["forms"].items()):
        lines.append(f"{json.dumps(name)}: {{")
        rows = [f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in answer.items()]
        lines.append(",\n".join(rows))
        lines.append("}" + ("," if index + 1 < len(answers) else ""))
    lines += ["}", "}", ""]
    (HERE / "answers.json").write_text("\n".join(lines))
    print(f"{len(answers)} forms asked of {', '.join(f'{k} {v}' for k, v in programs.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
