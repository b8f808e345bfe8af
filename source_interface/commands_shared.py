"""What all commands of the source host share: the data folder's option, and refusals told as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from keys.errors import IntakeKeyUnusable, OpenPGPFailed, SuccessionRefused
from onion.errors import OnionError
from serving.refusals import ServingRefused
from source_interface.drop_folder import AlreadyMade, AlreadyServed
from source_interface.landing.facts import LandingRefused
from source_interface.pepper_changing import PepperRefused
from source_interface.settings import SettingRefused
from store.errors import StoreError

_REFUSALS = (
    AlreadyMade,
    AlreadyServed,
    IntakeKeyUnusable,
    LandingRefused,
    OnionError,
    OpenPGPFailed,
    PepperRefused,
    ServingRefused,
    SettingRefused,
    StoreError,
    SuccessionRefused,
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Data folder of the source host.",
)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a refusal into its sentence and exit code 1."""
    try:
        yield
    except _REFUSALS as reason:
        raise click.ClickException(str(reason)) from reason
    except OSError as reason:
        raise click.ClickException(f"{reason.strerror}: {reason.filename}") from reason
