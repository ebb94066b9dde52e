#!/usr/bin/env python3
"""What share of warifu-milter's processor time an exact-match index takes, through a real Postfix.

usage: index_share.py [--mails N] [--rounds N] [--rows N] FOLDER...

Sends the mails in FOLDER... (one a file, mixed by a fixed seed, none above 1 MiB) as a user who has
logged in, at once with the shipped rules alone and with an index of a made-up table of 1,026,000 rows
beside them, in turn, and reads /proc/PID/stat. Each has a daemon of its own; the first mails of each
round are not counted. Needs root, and WARIFU_BUILD for another build than build/release.
"""
import argparse
import contextlib
import os
import pathlib
import random
import re
import statistics
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("WARIFU_BUILD", str(ROOT / "build/release"))
sys.path.insert(0, str(ROOT / "tests/live"))
from harness import gateway, live, scratch  # noqa: E402

SESSIONS, WARM, USER = 4, 50, "taro@example.jp"
SCHEMA = "[index]\nid = \"members\"\nhandle = \"number\"\naccount = \"login\"\n[index.mail]\naction = \"tag\"\n" + "".join(
    f'[[index.columns]]\nname = "{name}"\nrole = "{role}"\ntype = "{kind}"\n' for name, role, kind in (
        ("number", "key", "digits"), ("login", "key", "login"), ("password", "key", "password"),
        ("name", "corroborate", "name")))


def write_table(path: pathlib.Path, rows: int) -> None:
    dice = random.Random(5)
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&()*+,-./:;<=>?@[]^_{|}~"
    names = ["佐藤", "鈴木", "高橋", "田中", "Smith", "Garcia"], ["太郎", "花子", "ミサキ", "Ken", "Anna"]
    words = ["neko", "taro", "hana", "john", "linux", "sakura", "kate", "music", "yuki", "mark"]
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write("number,login,password,name\n")
        for n in range(rows):
            password = "".join(dice.choices(letters, k=dice.randint(6, 10)))
            out.write(f'{10_000_001 + n * 7},{dice.choice(words)}{n:x},"{password}",'
                      f"{dice.choice(names[0])} {dice.choice(names[1])}\n")


def mails_of(folders: list[pathlib.Path], count: int) -> list[bytes]:
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    random.Random(1).shuffle(files)
    mails = []
    for path in files:
        raw = path.read_bytes()
        if not re.match(rb"(?:From .*\r?\n)?[!-9;-~]+:", raw) or len(raw) > 1 << 20 or b"\0" in raw:
            continue
        raw = re.sub(rb"\AFrom .*\r?\n", b"", raw)
        lines = re.sub(rb"\r?\n", b"\r\n", raw)
        if max(map(len, lines.split(b"\r\n"))) < 990:
            mails.append(lines)
        if len(mails) == count:
            break
    return mails


def seconds_of(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def send(gate, mails: list[bytes]) -> None:
    todo, lock, sent = iter(mails), threading.Lock(), []

    def session() -> None:
        with gate.client(USER) as client:
            while True:
                with lock:
                    mail = next(todo, None)
                if mail is None:
                    return
                reply = client.send(USER, "friend@example.net", mail)
                sent.append(reply.code)
                client.reset()
    threads = [threading.Thread(target=session) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [250] * len(mails), f"{sent.count(250)} of {len(mails)} mails were taken"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_026_000)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    live.require_root()
    mails = mails_of(arguments.folders, arguments.mails)
    mib = sum(map(len, mails)) / 2**20
    assert mails, "no mail in these folders"
    print(f"{len(mails)} mails, {mib:.1f} MiB a round", flush=True)
    with contextlib.ExitStack() as stack:
        place = scratch.Scratch("warifu-share-")
        stack.callback(place.remove)
        folder = place.folder("index")
        folder.chmod(0o777)
        table, schema = folder / "members.csv", folder / "members.toml"
        index, key = folder / "members.idx", folder / "records.key"
        write_table(table, arguments.rows)
        schema.write_text(SCHEMA)
        settings = {"mode": "observe", "domains": ["example.jp"], "log.level": "info"}
        common = {"users": [USER], "table": f"{USER} {USER}\n",
                  "postfix": {"smtpd_soft_error_limit": "1000000", "smtpd_hard_error_limit": "1000000",
                              "smtpd_error_sleep_time": "0", "message_size_limit": "20000000"}}
        without = gateway.Gateway(settings, **common)
        stack.callback(without.close)
        told = without.warifu.tool("records", "index", schema, table, "--output", index, "--key", key, "--config",
                                   without.warifu.config)
        assert told.returncode == 0, told
        beside = gateway.Gateway({**settings, "records.indexes": [str(index)], "records.key_file": str(key)}, **common)
        stack.callback(beside.close)
        spent = {"without": [], "with": []}
        for gate in (without, beside):
            send(gate, mails[:WARM])
        for _ in range(arguments.rounds):
            for name, gate in (("without", without), ("with", beside)):
                pid = gate.warifu.process.pid
                begin = seconds_of(pid)
                send(gate, mails)
                spent[name].append(seconds_of(pid) - begin)
        for name, times in spent.items():
            print(f"{name:8} {statistics.median(times):6.2f} s of processor time a round "
                  f"(median of {', '.join(f'{t:.2f}' for t in times)})")
        bare, full = (statistics.median(spent[name]) for name in ("without", "with"))
        print(f"the index takes {(full - bare) / full:.1%}, {(full - bare) * 1000 / mib:.1f} ms a MiB of mail as sent")
    return 0


if __name__ == "__main__":
    sys.exit(main())
