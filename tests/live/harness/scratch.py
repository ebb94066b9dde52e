"""Scratch folder, ports and child processes: what the pieces of the harness share."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time


class Scratch:
    """One folder for everything; removed at the end unless WARIFU_KEEP is set."""

    def __init__(self, prefix: str = "warifu-live-"):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.path.chmod(0o755)  # Postfix and the daemon run as users of their own

    def folder(self, name: str, mode: int = 0o755, owner: tuple[int, int] | None = None) -> pathlib.Path:
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if owner:
            os.chown(path, *owner)
        return path

    def remove(self) -> None:
        if not os.environ.get("WARIFU_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true, seconds: float, what: str, step: float = 0.02):
    """The first true answer of `true()`; raises TimeoutError naming `what`."""
    end = time.monotonic() + seconds
    while True:
        answer = true()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(step)


def spawn(command, *, log: pathlib.Path, env: dict[str, str], user: int | None = None,
          group: int | None = None, groups: list[int] | None = None) -> subprocess.Popen:
    """A child in a session of its own that gets SIGTERM when this process dies."""
    prefix = ["setpriv", "--pdeathsig", "TERM"]
    if user is not None:
        prefix += ["--reuid", user, "--regid", group, "--groups", ",".join(map(str, groups or [group]))]
    with open(log, "ab") as out:
        return subprocess.Popen([str(word) for word in [*prefix, "--", *command]],
                                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env,
                                start_new_session=True)


def stop(process: subprocess.Popen, seconds: float = 10) -> float:
    """SIGTERM, then SIGKILL to that one process; the seconds that it took."""
    start = time.monotonic()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return time.monotonic() - start
