"""Work in Candour's data folder, done as the user whose it is: root itself never follows a name in there.

Whoever takes one of Candour's programs can put links into its data folder. Root who copied or wrote there would copy,
or write, whatever they lead to.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.hosts.host import InstallError

_LONGEST_ANSWER = 16 * 1024 * 1024  # bytes


def as_owner(folder: Path, work: Callable[[], Any]) -> Any:
    """Return what `work` returns (plain values alone), which is run in a process of the user who owns `folder`.

    Raises InstallError with the reason if it raises.
    """
    owner = folder.lstat()
    if owner.st_uid == os.geteuid():
        return _done(_tried(owner, work))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            with open(writing, "w", encoding="utf-8") as answer:
                json.dump(_tried(owner, work), answer)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        text = answer.read(_LONGEST_ANSWER)
    _pid, status = os.waitpid(child, 0)
    if status or not text:
        raise InstallError("a look into the data folder was cut short")
    return _done(json.loads(text))


def _done(said: dict[str, Any]) -> Any:
    if "refused" in said:
        raise InstallError(said["refused"])
    return said["done"]


def _tried(owner: os.stat_result, work: Callable[[], Any]) -> dict[str, Any]:
    try:
        if os.geteuid() != owner.st_uid:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)
        os.umask(0o077)
        return {"done": work()}
    except Exception as reason:
        return {"refused": str(reason) or type(reason).__name__}
