"""What the landing page and the poster say of this installation: gathered and checked here; nothing of it is secret."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from keys.intake_key import load_intake_key
from serving.language import gettext as _
from source_interface.drop_folder import DropFolder
from source_interface.settings import read_settings, say_unnamed
from source_interface.site_address import read_site_address

GROUP = 7  # letters; the 56 of an address are eight groups
_SUFFIX = ".onion"
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")
# Plain words alone: the path stands in the web servers' configurations, where other signs would mean something.
_PATH = re.compile(r"(/[A-Za-z0-9_-]{1,60}){0,6}/?\Z")
_VISIBLE = re.compile(r"[!-~]+\Z")
_LONGEST_URL = 300  # characters


class LandingRefused(Exception):
    """The landing page cannot be made so; the text is a sentence for the administrator."""


@dataclass(frozen=True)
class LandingFacts:
    """What the pages name. `clearnet_url` is where the landing page will be, `https://…`, or None."""

    name: str
    address: str
    fingerprint: str
    clearnet_url: str | None = None

    @property
    def onion_url(self) -> str:
        """The address as browsers take it."""
        return f"http://{self.address}/"

    @property
    def groups(self) -> list[str]:
        """The address in groups of seven letters, `.onion` with the last one: joined they are the address."""
        letters = self.address.removesuffix(_SUFFIX)
        groups = [letters[i : i + GROUP] for i in range(0, len(letters), GROUP)]
        return [*groups[:-1], groups[-1] + _SUFFIX]

    @property
    def clearnet_host(self) -> str | None:
        """The name of the website, as whoever owns a network sees it asked for."""
        return None if self.clearnet_url is None else urlsplit(self.clearnet_url).hostname

    @property
    def clearnet_path(self) -> str:
        """Where on the website the page is."""
        return "/" if self.clearnet_url is None else urlsplit(self.clearnet_url).path


def read_facts(folder: DropFolder, untrusted_url: str | None) -> LandingFacts:
    """Return the facts of a source host. Raises LandingRefused, FolderExposed, IntakeKeyUnusable, SettingRefused.

    A charity whose name nobody has set is refused: people would look for another one than they tell.
    """
    url = None if untrusted_url is None else check_clearnet_url(untrusted_url)
    address = read_site_address(folder)
    if address is None:
        raise LandingRefused(
            _("The site has no onion address yet: {path} does not exist. There is nothing to lead people to.").format(
                path=folder.site_address
            )
        )
    name = read_settings(folder.settings).charity_name
    if not name:
        raise LandingRefused(say_unnamed(folder.settings))
    return LandingFacts(name, address, load_intake_key(folder.intake_key).spoken_fingerprint(), url)


def check_clearnet_url(untrusted_url: str) -> str:
    """Return the address of a page on an ordinary website: `https://`, a host, a plain path. Raises LandingRefused."""
    refused = LandingRefused(
        _("“{url}” is not the address of a page: https://, the name of the website, and a plain path.").format(
            url=untrusted_url[:_LONGEST_URL]
        )
    )
    # urlsplit drops ends of lines and tabs without a word.
    if len(untrusted_url) > _LONGEST_URL or not _VISIBLE.match(untrusted_url):
        raise refused
    try:
        parts = urlsplit(untrusted_url)
    except ValueError as reason:
        raise refused from reason
    host, path = parts.netloc.lower(), parts.path or "/"
    if parts.scheme != "https" or parts.query or parts.fragment or not _HOST.match(host) or not _PATH.match(path):
        raise refused
    if host.endswith(_SUFFIX):
        raise LandingRefused(_("The landing page belongs on an ordinary website, not on an onion service."))
    return f"https://{host}{path}"
