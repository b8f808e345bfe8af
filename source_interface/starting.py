"""`candour-drop` as it is installed: what serves begins again under its own settings, then loads its command."""

from serving.memory import begin_again_before_loading


def main() -> None:
    """Run `candour-drop`."""
    begin_again_before_loading("serve", "door")
    # Not above: loading takes longer than all else at a start.
    from source_interface.commands import main as commands

    commands.run()
