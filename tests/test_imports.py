"""Who may know what: the rules of docs/architecture.md, held over every import in the packages."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.import_walk import HiddenImport, ImportWalk, is_within

CHECKOUT = Path(__file__).resolve().parent.parent
INTERFACES = ("source_interface", "journalist_interface")
PACKAGES = ("keys", "store", "serving", "onion", "posture", "ceremony", *INTERFACES)

# Hold or use the intake secret key, a case's content, or a reviewer's account.
REVIEWERS_SECRETS = (
    "keys.intake_secret",
    "keys.vault",
    "keys.case_key",
    "keys.reviewer_key",
    "keys.recovery_key",
    "keys.recovery_shares",
    "keys.intake_shares",
    "keys.totp",
    "keys.factor_seal",
    "keys.recusals",
    "keys.passkey",
    "keys.recovery_code",
    "keys.checkpoint",
    "store.desk",
)
# Turn a codename into something.
SOURCES_SECRETS = ("keys.codename", "keys.derivation")
WEB = ("flask", "flask_wtf", "werkzeug", "wtforms", "gunicorn")
GPG = ("gnupg", "keys.openpgp", "keys.intake_secret")


@dataclass(frozen=True)
class Rule:
    """`who`, and everything below it, must not reach any of `never`, however indirectly."""

    who: str
    never: tuple[str, ...]


RULES = {
    "keys knows nothing of ours, no web and no database": Rule(
        "keys", ("store", "serving", "onion", "posture", "ceremony", *INTERFACES, "sqlalchemy", "alembic", *WEB)
    ),
    "store knows no interface, no web and no GnuPG": Rule(
        "store", ("serving", "onion", "posture", *INTERFACES, *WEB, *GPG)
    ),
    "serving knows the web alone": Rule(
        "serving", ("keys", "store", "onion", "posture", *INTERFACES, "sqlalchemy", "gnupg")
    ),
    "onion knows Tor and sentences alone": Rule(
        "onion", ("keys", "store", "posture", *INTERFACES, "sqlalchemy", *WEB, *GPG)
    ),
    "posture knows the machine and sentences alone": Rule(
        "posture", ("keys", "store", "onion", *INTERFACES, "sqlalchemy", *WEB, *GPG)
    ),
    "the sitting knows neither host, nor a secret": Rule(
        "ceremony",
        (*INTERFACES, "onion", "posture", "store.desk", "store.drop", *SOURCES_SECRETS, *REVIEWERS_SECRETS, *WEB),
    ),
    "no process that serves knows the sitting": Rule("source_interface.site_app", ("ceremony",)),
    "nor does the desk's page": Rule("journalist_interface.desk_app", ("ceremony",)),
    "no process that serves looks over the machine": Rule("source_interface.site_app", ("posture",)),
    "nor does the desk": Rule("journalist_interface.desk_app", ("posture",)),
    "the source's side never knows the reviewers' side": Rule(
        "source_interface", ("journalist_interface", *REVIEWERS_SECRETS)
    ),
    "the reviewers' side never knows the source's side": Rule(
        "journalist_interface", ("source_interface", "store.drop", *SOURCES_SECRETS)
    ),
    "the site cannot list or confirm what waits to be collected": Rule(
        "source_interface.site_app", ("store.drop.collection", "store.drop.deliveries", "source_interface.door_app")
    ),
    "the courier holds no key": Rule(
        "journalist_interface.courier_commands", tuple(name for name in REVIEWERS_SECRETS if name.startswith("keys"))
    ),
    "the daily notice holds no key that opens anything": Rule(
        "journalist_interface.notice_duty", tuple(name for name in REVIEWERS_SECRETS if name.startswith("keys"))
    ),
    "the desk has no network but its own page": Rule(
        "journalist_interface.desk_app",
        ("urllib3", "http.client", "smtplib", "socks", "journalist_interface.door_client"),
    ),
    "the desk's pages never meet the recovery key": Rule(
        "journalist_interface.desk_app", ("keys.recovery_key", "keys.recovery_shares", "store.desk.recovery")
    ),
    "no process that answers strangers can steer Tor": Rule("source_interface.site_app", ("onion.control",)),
    "nor can the courier": Rule("journalist_interface.courier_commands", ("onion.control",)),
    "nor can the door": Rule("source_interface.door_app", ("onion.control",)),
    "the desk's pages let people in at Tor by files alone": Rule(
        "journalist_interface.desk_app", ("onion.control", "onion.running", "onion.process", "onion.watching")
    ),
    "the door derives nothing from a codename": Rule(
        "source_interface.door_app", (*SOURCES_SECRETS, "source_interface.site_app")
    ),
}
# Direct imports that only the named modules may have.
ONLY = {
    "gnupg": {"keys.intake_secret"},
    "subprocess": {
        "keys.openpgp",
        "keys.intake_secret",
        "onion.process",
        "posture.machine",
        "journalist_interface.rehearsing.running",
    },
    "shamir_mnemonic": {"keys.recovery_shares", "keys.intake_shares"},
    "fido2": {"keys.passkey"},
    "smtplib": {"journalist_interface.notice_relay"},
    "socks": {"journalist_interface.tor_road"},
    "zxcvbn": {"journalist_interface.guessable", "journalist_interface.ordinary_words"},
}


@pytest.fixture(scope="module")
def walk() -> ImportWalk:
    """The imports of the real packages."""
    return ImportWalk(CHECKOUT, PACKAGES)


@pytest.mark.parametrize("sentence", RULES)
def test_a_rule_of_the_architecture_holds(walk: ImportWalk, sentence: str) -> None:
    """On failure the chain of imports that breaks the rule is shown, from importer to imported."""
    rule = RULES[sentence]
    broken = [" -> ".join(chain) for family in rule.never if (chain := walk.chain(rule.who, family))]
    assert broken == [], sentence


@pytest.mark.parametrize("library", ONLY)
def test_a_dangerous_library_has_one_door(walk: ImportWalk, library: str) -> None:
    """Whoever starts programs or speaks to GnuPG is on a short list, so that a reviewer knows where to look."""
    assert walk.importers(library) == ONLY[library]


def test_every_name_in_the_rules_exists(walk: ImportWalk) -> None:
    """A renamed module must break this test, not slip out of its rule."""
    names = {name for rule in RULES.values() for name in (rule.who, *rule.never)}
    ours = {name for name in names if any(is_within(name, package) for package in PACKAGES)}
    assert ours - walk.files.keys() == set()
    assert [name for name in names - ours if find_spec(name) is None] == []


PLANTED = {
    "in plain sight": {"site.py": "import vault"},
    "inside a function": {"site.py": "def f():\n    from vault import lock"},
    "through a third module": {"site.py": "from shop import middle", "middle.py": "import vault.lock"},
    "as a relative import": {"site.py": "from . import middle", "middle.py": "import vault"},
    "as a relative import of a name": {"site.py": "from .middle import x", "middle.py": "import vault"},
    "in the package's own __init__": {"site.py": "", "__init__.py": "import vault"},
    "by running a parent package": {"site.py": "import shop.deep.leaf", "deep/__init__.py": "import vault",
                                    "deep/leaf.py": ""},
    "for types only": {"site.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import vault"},
}  # fmt: skip


def plant(root: Path, sources: dict[str, str]) -> ImportWalk:
    """A small tree with a package `shop`, which must not reach the package `vault`."""
    for name, text in {"shop/__init__.py": "", "vault/__init__.py": "", "vault/lock.py": ""}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    for name, text in sources.items():
        path = root / "shop" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return ImportWalk(root, ["shop", "vault"])


@pytest.mark.parametrize("where", PLANTED)
def test_a_planted_import_is_found(tmp_path: Path, where: str) -> None:
    """The walk itself can see: each way to smuggle an import in is caught."""
    chain = plant(tmp_path, PLANTED[where]).chain("shop.site", "vault")
    assert chain[-1].startswith("vault")


def test_an_innocent_tree_has_no_chain(tmp_path: Path) -> None:
    """A library whose name only begins alike is another library."""
    assert plant(tmp_path, {"site.py": "import vaulting\nimport os"}).chain("shop.site", "vault") == []


@pytest.mark.parametrize("call", ["importlib.import_module(name)", "__import__('vault')", "import_module('vault')"])
def test_an_import_that_cannot_be_followed_is_refused(tmp_path: Path, call: str) -> None:
    """Were it let through, every rule above could be walked around."""
    with pytest.raises(HiddenImport, match=r"shop\.site, line 1"):
        plant(tmp_path, {"site.py": call})
