"""The limits of the site, as settings with units. A setting that is unknown or out of bounds stops the start."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from keys.reply_file import REPLY_FILE_DAYS
from serving.language import gettext as _
from source_interface.places import DOWNLOADS_AT_ONCE, REFUSALS_AT_ONCE

MB = 1_000_000
_UNNAMED = "Candour"


class SettingRefused(Exception):
    """A setting cannot be used; the text is a sentence for the administrator."""


@dataclass(frozen=True)
class Settings:
    """What an installation may set, with the bounds each must keep."""

    # Empty while nobody has set it: then the pages say the name of the software.
    charity_name: str = ""
    submission_bytes: int = 500 * MB
    files: int = 20
    message_characters: int = 100_000
    answer_characters: int = 20_000
    idle_minutes: int = 60
    # Kept free on the disk: files are refused below the first, text only below the second.
    free_bytes_for_files: int = 600 * MB
    free_bytes_for_text: int = 50 * MB
    waiting_submissions: int = 20_000
    # Codenames checked at once (each takes 19 MiB and a core), how many wait for a place, and for how many seconds.
    derivations_at_once: int = 2
    derivations_waiting: int = 24
    derivation_patience_seconds: int = 5
    # An answer to a codename, and an inbox, leave at the end of a slot: how long they took to make is not to be seen.
    codename_slot_milliseconds: int = 100
    inbox_slot_milliseconds: int = 50
    threads: int = 320
    # Forms being sent at once: those with files, and short ones. What is left of the threads is for pages.
    long_forms_at_once: int = 224
    short_forms_at_once: int = 32
    # Whoever sends more slowly than this, on average over so many seconds of waiting, is cut off.
    least_bytes_per_second: int = 500
    pace_window_seconds: int = 300
    # Sealed files that wait for their forms to be mended, in all.
    held_bytes: int = 5_000 * MB
    # Files that go with replies: how long each is kept after its reply came, and how much all of them may have.
    reply_file_days: int = REPLY_FILE_DAYS
    reply_files_bytes: int = 1_000 * MB
    # What one circuit may do, where Tor tells of circuits (`serve --from-tor`): forms longer than 48 KiB at once (a
    # browser has six connections); codenames being checked at once, and in a minute; wrong ones; letters taken.
    circuit_forms_at_once: int = 8
    circuit_derivations_at_once: int = 6
    circuit_derivations_a_minute: int = 30
    circuit_wrong_codenames_in_ten_minutes: int = 60
    circuit_letters_in_ten_minutes: int = 60

    @property
    def shown_name(self) -> str:
        """What the pages call whoever runs the site."""
        return self.charity_name or _UNNAMED


_BOUNDS: dict[str, tuple[int, int]] = {
    "submission_bytes": (1 * MB, 20_000 * MB),
    "files": (1, 100),
    "message_characters": (1_000, 100_000),
    "answer_characters": (1_000, 20_000),
    "idle_minutes": (20, 24 * 60),
    "free_bytes_for_files": (0, 1_000_000 * MB),
    "free_bytes_for_text": (0, 1_000_000 * MB),
    "waiting_submissions": (1, 1_000_000),
    "derivations_at_once": (1, 64),
    "derivations_waiting": (1, 400),
    "derivation_patience_seconds": (1, 120),
    "codename_slot_milliseconds": (1, 2_000),
    "inbox_slot_milliseconds": (1, 2_000),
    "threads": (8, 1_000),
    "long_forms_at_once": (1, 900),
    "short_forms_at_once": (1, 900),
    "least_bytes_per_second": (1, 100_000),
    "pace_window_seconds": (1, 3_600),
    "held_bytes": (1 * MB, 1_000_000 * MB),
    "reply_file_days": (7, 365),
    "reply_files_bytes": (20 * MB, 1_000_000 * MB),
    "circuit_forms_at_once": (1, 900),
    "circuit_derivations_at_once": (1, 400),
    "circuit_derivations_a_minute": (1, 10_000),
    "circuit_wrong_codenames_in_ten_minutes": (1, 100_000),
    "circuit_letters_in_ten_minutes": (1, 100_000),
}
_LONGEST_NAME = 60  # characters
_LEAST_THREADS_FOR_PAGES = 4


def read_settings(path: Path) -> Settings:
    """Return the settings in a JSON file, or the defaults if there is none. Raises SettingRefused."""
    return checked(path, written(path))


def written(path: Path) -> dict[str, object]:
    """Return what a JSON file of settings says, not judged yet; nothing if there is none. Raises SettingRefused."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as reason:
        raise SettingRefused(_("{path} is not JSON: {why}").format(path=path, why=reason)) from reason
    if not isinstance(found, dict):
        raise SettingRefused(_("{path} must hold one JSON object.").format(path=path))
    return found


def checked(path: Path, found: dict[str, Any]) -> Settings:
    """Return the settings that would stand in `path`. Raises SettingRefused."""
    known = {field.name for field in fields(Settings)}
    for name, value in found.items():
        if name not in known:
            raise SettingRefused(_("{path}: there is no setting “{name}”.").format(path=path, name=name))
        _check(path, name, value)
    settings = Settings(**found)
    _check_threads(path, settings)
    return settings


def say_unnamed(path: Path) -> str:
    """Return what to tell an administrator while nobody has set the charity's name. `path`: the settings' file."""
    return _(
        "Nobody has set the charity's name: the pages say “{name}”, which is only what this software is called. "
        'Write into {path}: {{"charity_name": "Your charity"}}, and start “serve” again.'
    ).format(name=_UNNAMED, path=path)


def check_shares(path: Path, settings: Settings) -> None:
    """Raise SettingRefused if one circuit may fill what is there for all of them."""
    shared = {
        "circuit_forms_at_once": min(settings.long_forms_at_once, settings.short_forms_at_once),
        "circuit_derivations_at_once": settings.derivations_at_once + settings.derivations_waiting,
    }
    for name, places in shared.items():
        if getattr(settings, name) >= places:
            raise SettingRefused(
                _(
                    "{path}: {name} must be less than {places}, or one circuit could take every place that there is. "
                    "Set it lower, or more places."
                ).format(path=path, name=name, places=places)
            )


def _check_threads(path: Path, settings: Settings) -> None:
    """Raise SettingRefused if what may hold threads for long can hold them all: then no page finds one."""
    held = (
        settings.long_forms_at_once
        + settings.short_forms_at_once
        + REFUSALS_AT_ONCE
        + settings.derivations_at_once
        + settings.derivations_waiting
        + DOWNLOADS_AT_ONCE
    )
    least = held + _LEAST_THREADS_FOR_PAGES
    if settings.threads < least:
        raise SettingRefused(
            _(
                "{path}: threads must be at least {least}: all forms and derivations at once, and some for pages. "
                "Set more threads, or fewer forms at once."
            ).format(path=path, least=least)
        )


def _check(path: Path, name: str, value: object) -> None:
    if name == "charity_name":
        if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_NAME:
            raise SettingRefused(
                _("{path}: charity_name must have 1 to {most} characters.").format(path=path, most=_LONGEST_NAME)
            )
        return
    least, most = _BOUNDS[name]
    if type(value) is not int or not least <= value <= most:
        raise SettingRefused(
            _("{path}: {name} must be a whole number from {least} to {most}.").format(
                path=path, name=name, least=least, most=most
            )
        )
