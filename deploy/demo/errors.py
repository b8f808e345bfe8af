"""What can go wrong with the demonstration. Each text is a whole sentence for the person at the terminal."""


class DemonstrationError(Exception):
    """The demonstration cannot start or go on. Show its text and leave with exit code 1."""


class FolderRefused(DemonstrationError):
    """The data folder is not ours to use, or is in use. Choose another one."""


class PortTaken(DemonstrationError):
    """A port cannot be listened on. Free it or choose another one."""


class CommandFailed(DemonstrationError):
    """A command, or a process that should run for ever, ended. Its last lines of output are in the text."""
