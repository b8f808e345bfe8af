"""The whole system as `./run` starts it, for the tests that walk the whole road."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp

CHECKOUT = Path(__file__).resolve().parent.parent
_PATIENCE_SECONDS = 90
_STEP_SECONDS = 30


@dataclass(frozen=True)
class Demonstration:
    """A running demonstration, as its demo.json tells of it."""

    data: Path
    source_url: str
    desk_url: str
    username: str
    password: str
    totp_secret: str
    intake_key: Path

    def fresh_code(self) -> str:
        """Return a one-time code that was not used before: the desk takes each once."""
        used = self.data / "last-step-used-by-tests"
        last = int(used.read_text()) if used.exists() else 0
        now = int(time.time()) // _STEP_SECONDS
        # The desk also takes the code of the next half minute.
        step = max(last + 1, now)
        while step > int(time.time()) // _STEP_SECONDS + 1:
            time.sleep(0.2)
        used.write_text(str(step))
        return pyotp.TOTP(self.totp_secret).generate_otp(step)


@contextmanager
def running_demonstration(data: Path) -> Iterator[Demonstration]:
    """Start everything in `data` on free ports, and stop it with the signal that Ctrl-C sends."""
    command = [sys.executable, str(CHECKOUT / "deploy" / "demonstration.py"), "--data", str(data)]
    for which in ("source", "desk", "door"):
        command += [f"--{which}-port", "0"]
    with (data.parent / "demonstration.txt").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield _read(data, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _read(data: Path, process: "subprocess.Popen[bytes]") -> Demonstration:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (data / "demo.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError((data.parent / "demonstration.txt").read_text("utf-8"))
        time.sleep(0.1)
    told = json.loads((data / "demo.json").read_text("utf-8"))
    return Demonstration(
        data=data,
        source_url=told["source_url"].rstrip("/"),
        desk_url=told["desk_url"].rstrip("/"),
        username=told["username"],
        password=told["password"],
        totp_secret=told["totp_secret"],
        intake_key=Path(told["intake_key"]),
    )
