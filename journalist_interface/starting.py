"""`candour-desk` as it is installed: what serves begins again under its own settings, then loads its command."""

from serving.memory import begin_again_before_loading


def main() -> None:
    """Run `candour-desk`."""
    begin_again_before_loading("serve")
    # Not above: loading takes longer than all else at a start.
    from journalist_interface.commands import main as commands

    commands.run()
