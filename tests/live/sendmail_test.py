#!/usr/bin/env python3
"""Sendmail in the place of Postfix: the same actions, asked of the same daemon by another MTA."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import actions_test  # noqa: E402
from harness import live  # noqa: E402
from harness.sendmail_gateway import SendmailGateway  # noqa: E402


class Actions(actions_test.Actions):
    KIND = SendmailGateway


if __name__ == "__main__":
    live.main(side_by_side=True)
