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


class FolderTooDeep(OnionError):
    """The path of the folder is too long for unix sockets below it."""


class ConfigurationRefused(OnionError):
    """What stands in a torrc, or what a running Tor was told, is not what an onion service of ours may be."""


class ClientRefused(OnionError):
    """This is not the name or the key of a client that can be let in."""


class DescriptorBroken(OnionError):
    """A service's descriptor does not open. For the log of whoever looks; people are told that it is not published."""


class TorEnded(OnionError):
    """Tor ended by itself, or could not start; the sentence has its last lines."""


class NoSuchService(OnionError):
    """This host has no onion service of that name."""


class AlreadyRunning(OnionError):
    """Somebody runs this Tor already."""
