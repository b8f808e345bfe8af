"""What Tor's answer to a SOCKS request means for the person who runs the courier, and what to do about it.

The numbers below 9 are RFC 1928's, section 6. Those from F0 on are Tor's own (proposal 304, tor(1) under
ExtendedErrors), given when its SOCKS listener has the flag ExtendedErrors; without it most of them are 1, 4 or 6.
"""

from serving.language import gettext as _


def onion_sentence(reply: int) -> str:
    """Return the sentence for a reply that is not success. Any byte has one."""
    return _("{what} Nothing is lost: the next run tries again.").format(what=_what(reply))


def _what(reply: int) -> str:
    match reply:
        case 0xF4:
            return _(
                "The source host's onion service wants to know this host, and Tor here holds no key for it. Give Tor "
                "the key that admits this host (client authorisation)."
            )
        case 0xF5:
            return _(
                "The source host's onion service does not admit this host's key, or not any more. Have this host's "
                "public key added there, or make a new pair of keys (client authorisation)."
            )
        case 0xF6:
            return _("Tor says that the door's address is none. Pair again with the right one.")
        case 0x05:
            return _("The source host is there, but its door does not run. Start candour-drop door on it.")
        case 0x02:
            return _("Tor on this host is set up to refuse this. Look at the options of its SocksPort.")
        case 0x03:
            return _("Tor on this host reaches no network. Look at its connection and its log.")
        case 0x04 | 0xF0 | 0xF1:
            return _(
                "Tor finds no onion service at the door's address. The source host is offline, or has started a "
                "moment ago, or the address is another one."
            )
        case 0x06 | 0xF2 | 0xF3 | 0xF7:
            return _("The source host's onion service is known to Tor, and does not answer. It may be overloaded.")
    return _(
        "Tor could not reach the source host ({number:#04x}). Either it is offline, or Tor here is not connected yet, "
        "or the onion service does not admit this host's key (client authorisation). Tor's log says which."
    ).format(number=reply)
