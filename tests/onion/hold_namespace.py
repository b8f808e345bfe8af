"""Runs in a new network namespace: brings its loopback up, says "up", and keeps it until standard input ends.

Needs nothing but Python, so that no test depends on `ip`.
"""

import fcntl
import socket
import struct
import sys

# linux/if.h, linux/sockios.h
_IFNAMSIZ = 16
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 1
_REQUEST = f"{_IFNAMSIZ}sH14x"


def bring_up(interface: str) -> None:
    """Have the kernel carry packets on this interface. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack(_REQUEST, interface.encode("ascii"), 0)
        _name, flags = struct.unpack(_REQUEST, fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack(_REQUEST, interface.encode("ascii"), flags | _IFF_UP))


if __name__ == "__main__":
    bring_up("lo")
    print("up", flush=True)
    # Ends with whoever holds the other end, however that ends.
    sys.stdin.buffer.read()
