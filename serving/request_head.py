"""Judging the head of a request beyond what gunicorn does: a target and a host with one meaning each (docs/adr/0019).

Rules (RFC 9112, sections 3.2 and 3.3; stricter where no browser and no courier differs):
- The target is a path. A whole URL, `host:port` and `*` are for proxies, and could name another host than `Host` does;
  so could two slashes at its beginning (RFC 3986, section 4.2). A slash or a NUL in disguise would make two paths one.
- HTTP/1.1 names its host exactly once; HTTP/1.0 may leave it out. What is named is a host name or an address.
"""

import re
from collections.abc import Iterable

_LONGEST_HOST = 255  # characters, with the port
_HOST = re.compile(r"([A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?\Z")
_DISGUISED = re.compile(r"[^?]*%(2f|5c|00)", re.IGNORECASE)


class HeadRefused(Exception):
    """This request is answered with the bland page, and its connection closed."""


def check_head(target: str, version: tuple[int, int], headers: Iterable[tuple[str, str]]) -> None:
    """Raise HeadRefused for a head that could mean two things. Names in `headers` are in capitals."""
    if not target.startswith("/") or target.startswith("//") or _DISGUISED.match(target):
        raise HeadRefused("the target is not a path, or not one alone")
    hosts = [value for name, value in headers if name == "HOST"]
    if len(hosts) > 1 or (not hosts and version >= (1, 1)):
        raise HeadRefused("a request names one host")
    if any(len(host) > _LONGEST_HOST or not _HOST.match(host) for host in hosts):
        raise HeadRefused("the host is no host name")
