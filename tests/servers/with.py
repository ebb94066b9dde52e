#!/usr/bin/env python3
"""Runs a test program with private servers at hand, and stops them again.

usage: with.py SERVER[,SERVER…] PROGRAM [ARGUMENT…]

Servers: postgresql, mariadb, slapd, postmap. The program finds them by its environment (WARIFU_PG
and so on, servers.py) and their password in the file WARIFU_SERVER_PASSWORD. Exits with the
program's status, or with 77 (skipped) where the servers cannot be had.
"""
import os
import subprocess
import sys

import servers
from servers import scratch, unpacked


def main() -> int:
    names, command = sys.argv[1].split(","), sys.argv[2:]
    folder = scratch.Scratch("warifu-servers-")
    running = []
    try:
        try:
            unpacked.tree("servers")
        except unpacked.UnpackError as error:
            print("SKIPPED:", error)
            return 77
        env = dict(os.environ)
        password = folder.path / "password"
        password.write_text(servers.PASSWORD + "\n")
        password.chmod(0o600)
        env["WARIFU_SERVER_PASSWORD"] = str(password)
        for name in names:
            server = servers.KINDS[name](folder.folder(name))
            running.append(server)
            server.start()
            env |= server.environment()
        return subprocess.run(command, env=env).returncode
    finally:
        for server in running:
            server.stop()
        folder.remove()


if __name__ == "__main__":
    sys.exit(main())
