"""Under which names the desk answers. A page elsewhere can have its own name lead to this machine (DNS rebinding) and
would then be the desk's own origin to the browser: a request under a name that is not the desk's gets nothing.

The desk's names: localhost and the two loopback addresses, whatever the port; its own onion service alone, if it has
one, else every onion service, since no name server makes one; and the names that the administrator gave with
`serve --host`.
"""

import re
from collections.abc import Iterable

from journalist_interface.errors import SetUpRefused, StrangeHost
from serving.language import gettext as _

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_NAME = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\Z")
_PORT = re.compile(r":[0-9]{1,5}\Z")
_ADDRESS = re.compile(r"[0-9.]+\Z|\[")


def check_host(untrusted_host: str | None, names: Iterable[str], onion: str | None) -> None:
    """Raise StrangeHost unless a request's `Host` is one of the desk's names; `names` are those that were given.

    `onion` is the address of the desk's own onion service, or None if it has none.
    """
    name = host_name(untrusted_host or "")
    if name in _LOOPBACK or name in names:
        return
    if name.endswith(".onion") and onion in (None, name):
        return
    raise StrangeHost(_("The desk does not go by this name. Open it at the address that you were given for it."))


def host_name(host: str) -> str:
    """Return a `Host` without its port, in small letters."""
    return _PORT.sub("", host.lower())


def is_address(host: str) -> bool:
    """Tell whether a `Host` is an IP address, with which no passkey works (WebAuthn, section 5.1.2)."""
    return _ADDRESS.match(host_name(host)) is not None


def check_name(name: str) -> str:
    """Return a name to answer under, in small letters. Raises SetUpRefused for what is no host name without a port."""
    if len(name) > 253 or not _NAME.match(name.lower()):
        raise SetUpRefused(
            _("“{name}” is no host name. Give it without https:// and without a port.").format(name=name)
        )
    return name.lower()
