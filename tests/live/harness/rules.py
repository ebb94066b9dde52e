"""Rules of the tests' own: one for each action, so that a mail chooses what shall happen to it."""
ACTIONS = ("observe", "tag", "strip", "redact", "hold", "defer", "reject")


def marker(action: str, number: int = 0) -> str:
    """A secret that the rule of that action finds; to be planted in a mail."""
    return f"live-{action}-{number:04}7c3e91"


def text() -> str:
    return "\n".join(f"""\
[[rules]]
id = "live-{action}"
description = "A marker that asks for {action}"
regex = '''(live-{action}-[0-9]{{4}}[0-9a-f]{{6}})'''
secretGroup = 1
keywords = ["live-{action}-"]
[rules.mail]
severity = "high"
action = "{action}"
matches = ["live-{action}-9999abcdef"]
misses = ["live-{action}-none"]
""" for action in ACTIONS)
