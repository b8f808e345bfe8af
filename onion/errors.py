"""What can go wrong with Tor. Each text is a sentence for the administrator."""


class OnionError(Exception):
    """The family; every child says in a sentence what to do."""


class AddressRefused(OnionError):
    """This is not the address of a version 3 onion service."""


class TorSilent(OnionError):
    """Tor does not run, or its control socket does not answer."""


class TorRefused(OnionError):
    """Tor answered a command with an error. `status` is its number (control-spec, section 4)."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
