#!/usr/bin/env python3
"""The rooms of milter/ point one way, and each foreign library has one door.

usage: rooms.py SOURCE_DIR

Reads every #include of milter/. Fails, with file and line, when a room includes a room that is not
above it, when a foreign header is included outside of its door, when a source file stands in no
CMakeLists.txt, or when two headers of a room define a type of one name: the compiler sees no more
than one of them, the linker takes the code of either.
"""
import pathlib
import re
import sys

ABOVE = {
    "base": set(),
    "mail": {"base"},
    "extract": {"base"},
    "scan": {"base"},
    "store": {"base"},
    "binding": {"base", "store"},
    "policy": {"base", "mail", "scan", "store", "binding", "extract"},
    "incident": {"base", "mail", "scan", "store", "binding", "extract", "policy"},
}
ABOVE["app"] = set(ABOVE) | set()
ABOVE["daemon"] = ABOVE["app"] | {"app"}
ABOVE["cli"] = ABOVE["app"] | {"app"}

# Foreign header prefix → rooms (or single files) that may include it.
DOORS = {
    "unicode/": {"base"},
    "openssl/": {"base"},
    "gmime/": {"mail"},
    "glib": {"mail"},
    "libxml/": {"mail"},
    "iconv.h": {"mail"},
    "magic.h": {"extract"},
    "hs": {"scan"},
    "re2/": {"scan"},
    "toml++/": {"scan"},
    "yaml-cpp/": {"scan"},
    "soci/": {"store", "binding"},
    "sqlite3.h": {"store"},
    "libpq-fe.h": {"store", "binding"},
    "ldap.h": {"binding"},
    "lmdb.h": {"binding"},
    "cdb.h": {"binding"},
    "spdlog/": {"incident/event_log.cc"},
    "libconfig": {"app"},
    "libmilter/": {"daemon"},
    "systemd/": {"daemon"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def main() -> int:
    root = pathlib.Path(sys.argv[1]) / "milter"
    errors, seen, types = [], 0, {}
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        seen += 1
        name = path.relative_to(root).as_posix()
        room = name.split("/")[0]
        if room not in ABOVE:
            errors.append(f"milter/{name}:1: room '{room}' is not drawn in the architecture")
            continue
        if path.suffix == ".cc":
            listed = (root / room / "CMakeLists.txt").read_text()
            if not re.search(rf"(?m)^\s*{re.escape(name[len(room) + 1:])}\s*\)?$", listed) and not name.endswith("main.cc"):
                errors.append(f"milter/{name}:1: not in milter/{room}/CMakeLists.txt")
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match[2]
            if match[1] == '"':
                other = target.split("/")[0]
                if other != room and other not in ABOVE[room]:
                    errors.append(f"milter/{name}:{number}: room '{room}' must not include '{target}'")
                continue
            for prefix, doors in DOORS.items():
                hit = target == "hs.h" or target.startswith("hs/") if prefix == "hs" else target.startswith(prefix)
                if hit and room not in doors and name not in doors:
                    errors.append(f"milter/{name}:{number}: <{target}> belongs behind the door {sorted(doors)}")
        if path.suffix == ".h":
            for kind in re.finditer(r"^(?:struct|class|enum class) (\w+)\b(?!::)[^;{]*\{", path.read_text(), re.M):
                first = types.setdefault((room, kind[1]), name)
                if first != name:
                    errors.append(f"milter/{name}: defines '{kind[1]}' as milter/{first} does")
    print("\n".join(errors) or f"{seen} files, every include points the right way")
    return 1 if errors or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
