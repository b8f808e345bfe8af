"""A process that has loaded the product and put the gates up, and forks off every process that is to be killed.

`python -m tests.crashes.nursery` speaks JSON lines: an order in, an answer out. What it forks has never opened, read or
remembered anything: as to what is on the disk, each start is a start. It saves loading Python's modules, which takes
longer than a whole round. Each process leads a session of its own; whatever of it is left when it dies, a worker or a
gpg, becomes the nursery's own child, so that `bury` returns when the last of them is gone.
"""

import ctypes
import gc
import json
import os
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from journalist_interface.commands import main as candour_desk
from source_interface.commands import main as candour_drop
from tests.crashes.fault_points import all_steps
from tests.crashes.gates import GATES, build

_COMMANDS = {"candour-drop": candour_drop, "candour-desk": candour_desk}
_SET_CHILD_SUBREAPER = 36  # prctl(2)
_SET_PDEATHSIG = 1
_SIGKILL = 9


def main() -> None:
    """Take orders until standard input ends."""
    for command in _COMMANDS.values():
        command.load_all()
    build(all_steps())
    # What is forked off would otherwise look through all of it, and have it copied.
    gc.freeze()
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_CHILD_SUBREAPER, 1)
    for line in sys.stdin:
        order = json.loads(line)
        answer = _bear(order) if order["do"] == "bear" else _bury(order["pid"])
        print(json.dumps(answer), flush=True)


def _bear(order: dict[str, Any]) -> dict[str, int]:
    """Start a command; {bind} among its arguments becomes a socket that listens already, on `port`."""
    listener = socket.create_server(("127.0.0.1", 0)) if "{bind}" in order["arguments"] else None
    told, telling = os.pipe()
    pid = os.fork()
    if not pid:
        os.setsid()
        _live(order, listener, telling)
    os.close(telling)
    # Ends when the child leads its group and has let go of the pipe: from then on the group can be killed and buried.
    os.read(told, 1)
    os.close(told)
    port = 0
    if listener is not None:
        port = listener.getsockname()[1]
        listener.close()
    return {"pid": pid, "port": port}


def _live(order: dict[str, Any], listener: socket.socket | None, telling: int) -> NoReturn:
    status = 1
    try:
        os.close(telling)
        # Should the tests themselves be killed, nothing of theirs goes on.
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, _SIGKILL)
        said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in ((0, nothing), (1, said), (2, said)):
            os.dup2(descriptor, number)
        GATES.watch(Path(order["gates"]))
        bind = ""
        if listener is not None:
            os.set_inheritable(listener.fileno(), True)
            bind = f"fd://{listener.fileno()}"
        arguments = [bind if argument == "{bind}" else argument for argument in order["arguments"]]
        _COMMANDS[arguments[0]](arguments[1:], prog_name=arguments[0])
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Not sys.exit: what stands above this in the nursery is not this process's to finish.
        os._exit(status)


def _bury(pid: int) -> dict[str, int]:
    """Wait until the command and all that it started in its session are gone; give how the command ended."""
    status = 0
    with suppress(ChildProcessError):
        while True:
            ended, found = os.waitpid(-pid, 0)
            if ended == pid:
                status = os.waitstatus_to_exitcode(found)
    return {"status": status}


if __name__ == "__main__":
    main()
