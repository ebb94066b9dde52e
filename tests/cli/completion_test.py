#!/usr/bin/env python3
"""The completion scripts, in the shells that they are for.

usage: completion_test.py WARIFU
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

WARIFU = pathlib.Path(sys.argv.pop(1)).resolve()

# A terminal in which zsh completes one line; every match that a completer adds is printed.
ZSH = r"""
zmodload zsh/zpty || exit 77
capture() {
  zpty -d shell 2>/dev/null
  zpty shell "PS1= TERM=dumb zsh -f -i"
  zpty -w shell 'fpath=("$FOLDER" $fpath); autoload -Uz compinit; compinit -u -D'
  zpty -w shell 'compadd() { local -a found; builtin compadd -O found "$@"; local m; for m in $found; do print -r -- "<match>$m</match>"; done; builtin compadd "$@" }'
  zpty -w shell 'zstyle ":completion:*" list-colors ""; LISTMAX=100000; bindkey "^I" complete-word; zle-line-init() { print -r -- ready-to"-"go }; zle -N zle-line-init'
  local line
  # The editor says so itself: what is typed before it runs is no line of its own.
  while zpty -r shell line; do [[ $line == *ready-to-go* ]] && break; done
  zpty -w -n shell "$1"$'\t'
  zpty -w -n shell $'\C-u'$'exit\n'
  while zpty -r shell line; do print -r -- "$line"; done
}
capture "$1"
"""


class Completion(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "own rules.toml").touch()
        (self.folder / "mails").mkdir()

    def script(self, shell: str) -> str:
        made = subprocess.run([WARIFU, "completion", shell], capture_output=True, text=True, check=True)
        self.assertEqual(made.stderr, "")
        return made.stdout

    def check(self, complete):
        """What both shells have to answer; `complete` maps a line to the words offered."""
        first = complete("warifu ")
        self.assertLessEqual({"check", "scan", "rules", "bind", "status", "completion"}, first)
        self.assertNotIn("rules check", first)
        self.assertEqual(complete("warifu ru"), {"rules"})
        self.assertEqual(complete("warifu rules "), {"check", "list", "import", "try", "bench"})
        self.assertEqual(complete("warifu rules check --not"), {"--notices"})
        self.assertEqual(complete("warifu --config x scan --severity m"), {"medium"})
        self.assertEqual(complete("warifu --format "), {"text", "json"})
        self.assertEqual(complete("warifu completion "), {"bash", "zsh"})
        self.assertEqual(complete("warifu scan --rules own"), {"own rules.toml"})
        self.assertIn("mails", complete("warifu rules try "))
        # No address, account or reason is guessed; zsh then offers the options.
        for line in ("warifu bind show ", "warifu account lock --reason "):
            self.assertEqual({word for word in complete(line) if not word.startswith("--")}, set())

    def test_bash(self):
        script = self.folder / ".script"
        script.write_text(self.script("bash"))

        def complete(line: str) -> set[str]:
            words = line.split(" ")
            run = subprocess.run(
                ["bash", "--norc", "-u", "-c",
                 '. .script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _warifu; '
                 'for word in "${COMPREPLY[@]}"; do printf "%s\\n" "$word"; done', "bash", *words],
                cwd=self.folder, capture_output=True, text=True)
            self.assertEqual((run.returncode, run.stderr), (0, ""), line)
            return set(run.stdout.splitlines())

        self.check(complete)

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        (self.folder / "functions").mkdir()
        (self.folder / "functions/_warifu").write_text(self.script("zsh"))

        def complete(line: str) -> set[str]:
            run = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", line], cwd=self.folder, text=True,
                                 capture_output=True, timeout=60,
                                 env=os.environ | {"FOLDER": str(self.folder / "functions")})
            self.assertEqual(run.returncode, 0, run.stderr)
            parts = run.stdout.split("<match>")[1:]
            return {part.split("</match>")[0].replace("\\ ", " ") for part in parts if "</match>" in part}

        self.check(complete)


if __name__ == "__main__":
    unittest.main(verbosity=2)
