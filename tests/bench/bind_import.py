#!/usr/bin/env python3
"""How long `warifu bind import` and `bind audit` take on a whole directory, and how much memory.

usage: bind_import.py PROGRAM [ROWS]     (1,026,000 rows unless given)

Makes a table from a seed in a scratch folder, imports it into a new SQLite store, audits it as it
is, swaps 14,000 addresses and audits again, announces the 14,000 moves and imports again. Prints a
line for each step: seconds by the clock, seconds of processor, largest resident memory.
"""
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

SWAPPED = 14_000


def write_table(path: pathlib.Path, rows: list[tuple[str, str]]) -> None:
    with open(path, "w") as out:
        out.writelines(f"{address}\t{account}\n" for address, account in rows)


def run(program: str, folder: pathlib.Path, *words: str, expect: tuple[int, ...] = (0,)) -> str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen([program, *words, "--config", str(folder / "warifu.conf")],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate()
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in expect:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}:\n{out}{err}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{' '.join(words[:2]):14} {seconds:6.1f} s  {cpu:6.1f} s of processor  "
          f"{after.ru_maxrss // 1024} MiB at most so far")
    return out


def main() -> None:
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_026_000
    rng = random.Random(2011)
    rows = [(f"user{number}@example.jp", f"m{number:07}") for number in range(count)]
    rng.shuffle(rows)
    with open("/proc/cpuinfo") as cpus:
        model = next(line.split(":")[1].strip() for line in cpus if line.startswith("model name"))
    print(f"{count} addresses; {os.cpu_count()} processors, {model}; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="warifu-import-") as name:
        folder = pathlib.Path(name)
        (folder / "warifu.conf").write_text(
            f'user = "";\ndomains = [ "example.jp" ];\ncontrol = {{ socket = ""; }};\n'
            f'store = {{ url = "sqlite:{folder}/warifu.db"; }};\n'
            f'directory = {{ table = "{folder}/table"; }};\n')
        write_table(folder / "table", rows)
        run(program, folder, "bind", "import")
        run(program, folder, "bind", "audit")
        swapped = dict(rows)
        names = [address for address, _ in rows[:min(SWAPPED, count)]]
        accounts = [swapped[name] for name in names]
        for name, account in zip(names, accounts[1:] + accounts[:1]):
            swapped[name] = account
        write_table(folder / "table", list(swapped.items()))
        run(program, folder, "bind", "audit", "--moves", str(folder / "moves"), expect=(1,))
        run(program, folder, "bind", "import", expect=(1,))
        run(program, folder, "bind", "announce", "--file", str(folder / "moves"), "--ref", "bench")
        run(program, folder, "bind", "import")
        run(program, folder, "bind", "audit")
        print(f"store {(folder / 'warifu.db').stat().st_size >> 20} MiB")


if __name__ == "__main__":
    main()
