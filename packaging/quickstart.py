"""The second half of packaging/quickstart: three mails through a private Postfix with warifu.

Not for calling by hand; packaging/quickstart builds the programs first.
"""
import pathlib
import signal
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/live"))
from harness import gateway, mails, unpacked  # noqa: E402

SUZUKI, OFFICE = "suzuki@freemail.example.jp", "jimukyoku@freemail.example.jp"
TABLE = f"{SUZUKI} suzuki\n{OFFICE} jimukyoku\nshacho@freemail.example.jp shacho\n"
SETTINGS = {"domains": ["freemail.example.jp"], "account.realm": "strip"}
BODY = ["お世話になっております。", "打ち合わせの資料をお送りします。"]
# As it was published in April 2000, in the disclosure of what had gone wrong.
LEAK = ["鈴木基久", "1234567,jimukyoku,passpass,5/23/1998 10:00:00,3/20/2000 9:00:00,",
        "フリーメール事務局,goo goo,,,ただ今休暇中です。,0,3"]
MAIN_CF = """\
To put warifu into your own Postfix (main.cf):
    smtpd_milters = unix:/run/warifu/warifu.sock
    milter_default_action = tempfail         # never "accept": mail would pass unscanned
and for each service in master.cf:  -o milter_macro_daemon_name=submission
warifu-milter(8) says which group the socket needs, and where it lies for an smtpd in a chroot.
As installed, warifu only observes: it changes no mail, and its events say what it would have done."""


def what_happened(gate: gateway.Gateway, recipient: str, reply, sent: bytes) -> list[str]:
    event = gate.warifu.event_for(recipient)
    lines = []
    if reply.code != 250:
        lines.append(f"refused: {reply.code} {reply.text}")
    elif event["action"] == "hold":
        lines.append(f"kept in Postfix's hold queue as {event['queue_id']} (postsuper -H releases it)")
    else:
        mail = gate.sink.wait_for(recipient)[0]
        same = mail.body == sent.partition(b"\r\n\r\n")[2]
        lines.append("delivered, " + ("byte for byte as it was sent" if same else "without its signature: "
                     + " / ".join(mails.texts(mail.raw)["text/plain"].split("\n")[:-1])))
    for finding in event["findings"]:
        lines.append(f"found: {finding['rule']} in the {finding['region']}, {finding['preview']}"
                     + (f", of account {finding['owner']}" if finding["owner"] else ""))
    for check in event["checks"]:
        if check["outcome"] == "fail":
            lines.append(f"check {check['check']}: {check['subject']}: {check['reason']}")
    return lines


def show(gate: gateway.Gateway, number: int, title: str, message: mails.Mail, shown: list[str]) -> None:
    sent = message.raw()
    reply = gate.send(SUZUKI, SUZUKI, message.to, sent)
    print(f"{number}. {title}")
    for line in shown:
        print(f"     | {line}")
    for line in what_happened(gate, message.to, reply, sent):
        print(f"   → {line}")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(143))
    sys.stdout.reconfigure(encoding="utf-8")
    print("A private Postfix and warifu-milter on 127.0.0.1; this machine's own mail is not touched.\n")
    gate = gateway.Gateway(SETTINGS, users=[SUZUKI], table=TABLE)
    try:
        show(gate, 1, "An ordinary mail", mails.Mail(SUZUKI, "a@example.net", BODY, ["鈴木基久"]), BODY)
        show(gate, 2, "The leak of April 2000: ISO-2022-JP, another member's row in the signature",
             mails.Mail(SUZUKI, "b@example.net", BODY, LEAK), [mails.SEPARATORS[0], *LEAK])
        forged = "From: shacho@freemail.example.jp"
        show(gate, 3, f"A mail from somebody else, sent with the login {SUZUKI}",
             mails.Mail(SUZUKI, "c@example.net", BODY, from_field=forged), [forged])
        print("\n" + MAIN_CF)
    finally:
        gate.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except unpacked.UnpackError as error:
        sys.exit(f"quickstart: {error}")
