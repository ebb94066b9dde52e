#!/usr/bin/env python3
"""Every message of ../shared/data through `warifu scan`.

usage: shared_data.py WARIFU RULES DATA

Fails on a crash, on a message that got lost, on a fault that says that warifu itself failed
(internal, engine, resources, timeout), and on more than one finding of severity high or above in
1,000 ham mails. Prints the faults by cause, folder by folder, the findings in ham, and how long it
took. Skips (77) where the data are not there: users do not have them.
"""
import collections
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

OWN_FAILURES = {"internal", "engine", "resources", "timeout", "directory", "store", "event-log"}
GRAVE = {"high", "critical"}


def is_ham(path: str) -> bool:
    return "/spamassassin-publiccorpus/" in path and "ham" in path


def scan(warifu: str, rules: str, folders: list):
    """All messages, in order, and the seconds that it took."""
    with tempfile.TemporaryFile("w+") as out:
        begin = time.monotonic()
        run = subprocess.run(
            [warifu, "scan", "--all", "--format", "json", "--rules", rules, *map(str, folders)],
            stdout=out, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
        seconds = time.monotonic() - begin
        if run.returncode not in (0, 1):
            sys.exit(f"exit status {run.returncode}\n{run.stderr[-2000:]}")
        out.seek(0)
        return [json.loads(line) for line in out], seconds


def main() -> int:
    warifu, rules, data = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if not data.is_dir():
        print(f"SKIPPED: {data} is not here, so NO stored mail was scanned", file=sys.stderr)
        return 77
    # The compiled rules are in the cache from here on: what is measured is scanning.
    subprocess.run([warifu, "rules", "list", "--rules", rules], stdout=subprocess.DEVNULL, check=True)
    folders = sorted(p for p in data.iterdir() if p.is_dir())
    every, seconds = scan(warifu, rules, folders)
    problems = []
    files = [p for f in folders for p in f.rglob("*") if p.is_file() and not p.is_symlink()]
    missing = {str(p) for p in files} - {m["path"] for m in every}
    if missing:
        problems.append(f"{len(missing)} files lost, e.g. {sorted(missing)[0]}")
    print(f"{'folder':28}{'messages':>9}{'findings':>9}  faults")
    for folder in folders:
        here = [m for m in every if m["path"].startswith(f"{folder}/")]
        faults = collections.Counter(f["cause"] for m in here for f in m["faults"])
        print(f"{folder.name:28}{len(here):9}{sum(len(m['findings']) for m in here):9}  "
              + ", ".join(f"{cause} {count}" for cause, count in sorted(faults.items())))
    causes = collections.Counter(f["cause"] for m in every for f in m["faults"])
    problems += [f"{m['path']}: fault {f['cause']}" for m in every for f in m["faults"]
                 if f["cause"] in OWN_FAILURES]
    ham = sum(is_ham(m["path"]) for m in every)
    grave = [(m["path"], f["rule"], f["severity"], f["region"], f["preview"]) for m in every
             if is_ham(m["path"]) for f in m["findings"] if f["severity"] in GRAVE]
    mib = sum(p.stat().st_size for p in files) / 2**20
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\n{len(every)} messages, {mib:.1f} MiB in {seconds:.1f} s: {len(every) / seconds:.0f} "
          f"messages/s, {mib / seconds:.1f} MiB/s, peak memory {peak:.0f} MiB")
    print("faults by cause: " + ", ".join(f"{cause} {count}" for cause, count in causes.most_common()))
    print(f"findings of severity high or above in {ham} ham mails: {len(grave)}")
    for path, *rest in grave:
        print("  " + " ".join([path.split("/spamassassin-publiccorpus/")[-1], *rest]))
    if ham == 0:
        problems.append("no ham was scanned")
    if len({path for path, *_ in grave}) * 1000 > ham:
        problems.append("more than one ham mail in 1,000 has a finding of severity high or above")
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
