"""`candour-drop landing`: which files it writes, what they say, and where it refuses to."""

import json
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from source_interface.landing.facts import LandingFacts
from source_interface.landing.kit import make_kit
from source_interface.site_address import keep_site_address
from store.folder import write_private_file
from tests.harms import snapshot
from tests.onion_names import onion_name

ADDRESS = onion_name()
URL = "https://www.charity.example/safely"
FACTS = LandingFacts("Example Trust", ADDRESS, "ABCD EF01 2345 6789 ABCD EF01 2345 6789 ABCD EF01", URL)
FILES = {
    "README.txt",
    "index.html",
    "poster.html",
    "servers/Caddyfile",
    "servers/apache-port-80.conf",
    "servers/apache.conf",
    "servers/nginx-port-80.conf",
    "servers/nginx.conf",
}
NAME = "Women's Trust “B & C”"


@pytest.fixture
def drop(drop_folder: DropFolder) -> DropFolder:
    """A source host that knows its address, of a charity with a name."""
    keep_site_address(drop_folder, ADDRESS)
    call(drop_folder, NAME)
    return drop_folder


def call(drop: DropFolder, name: str) -> None:
    """Set the charity's name."""
    write_private_file(drop.settings, json.dumps({"charity_name": name}).encode())


def landing(drop: DropFolder, out: Path, *options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["landing", "--data", str(drop.root), "--out", str(out), *options])


def written(out: Path) -> dict[str, bytes]:
    """The files in a folder, by name."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def text_of(page: bytes) -> str:
    """The words of a page as people read them, in one line."""
    body = page.decode()[page.decode().index("<body") :]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_kit_is_written_and_can_be_read_by_a_web_server(drop: DropFolder, tmp_path: Path) -> None:
    """Every file, whatever the umask; the address and the key of this host stand in the page and in the README."""
    done = landing(drop, tmp_path / "kit", "--clearnet-url", URL)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"It leads to {ADDRESS}: compare it aloud" in done.stdout
    files = written(tmp_path / "kit")
    assert files.keys() == FILES
    fingerprint = re.search(
        r"usable: ([0-9A-F ]+)", CliRunner().invoke(main, ["check", "--data", str(drop.root)]).stdout
    )
    assert fingerprint
    for name in ("index.html", "README.txt"):
        assert ADDRESS in files[name].decode()
        assert fingerprint[1].strip() in files[name].decode()
        assert NAME in unescape(files[name].decode())
    assert NAME in done.stdout
    for path in (tmp_path / "kit").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_the_same_facts_give_the_same_bytes(drop: DropFolder, tmp_path: Path) -> None:
    """Made twice, and again over itself: so two people can make it and compare. No day stands in it."""
    for name in ("one", "two", "two"):
        assert landing(drop, tmp_path / name).exit_code == 0
    assert written(tmp_path / "one") == written(tmp_path / "two")
    assert not [name for name, content in written(tmp_path / "one").items() if re.search(rb"\b20\d\d\b", content)]


def test_another_address_gives_another_page(drop: DropFolder, tmp_path: Path) -> None:
    """Over the kit that was there: nothing of the old address is left."""
    landing(drop, tmp_path / "kit")
    keep_site_address(drop, onion_name(2))
    assert landing(drop, tmp_path / "kit").exit_code == 0
    assert not [name for name, content in written(tmp_path / "kit").items() if ADDRESS[:20].encode() in content]


def a_strange_file(out: Path) -> None:
    """A folder with somebody's letter."""
    out.mkdir()
    (out / "letter.txt").write_text("dear")


def a_kit_and_a_strange_file(out: Path) -> None:
    """Somebody put a file of their own into a kit."""
    for name, content in make_kit(FACTS).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    (out / "servers" / "mine.conf").write_text("mine")


def another_website(out: Path) -> None:
    """A website whose files are called alike."""
    out.mkdir()
    (out / "index.html").write_text("welcome")
    (out / "README.txt").write_text("how to build this website\n")


def a_link_in_a_kit(out: Path) -> None:
    """Where the page stood there is a link that leads elsewhere."""
    for name, content in make_kit(FACTS).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    (out / "index.html").unlink()
    (out / "index.html").symlink_to("/etc/hostname")


def a_link(out: Path) -> None:
    """A link to a folder."""
    (out.parent / "elsewhere").mkdir()
    out.symlink_to(out.parent / "elsewhere")


TAKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder with somebody's file": (a_strange_file, "holds something else"),
    "a kit with somebody's file in it": (a_kit_and_a_strange_file, "holds something else"),
    "a website of somebody's": (another_website, "was not made by this command"),
    "a kit in which a file is a link": (a_link_in_a_kit, "holds something else"),
    "a link": (a_link, "is not a folder"),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_somebody_elses_is_not_touched(drop: DropFolder, tmp_path: Path, what: str) -> None:
    """A sentence, exit code 1, and every byte as it was."""
    make, said = TAKEN[what]
    out = tmp_path / "kit"
    make(out)
    before = snapshot(tmp_path)
    refused = landing(drop, out)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert snapshot(tmp_path) == before


def test_an_empty_folder_is_taken_and_the_data_folder_is_not(drop: DropFolder, tmp_path: Path) -> None:
    """In the data folder `check` would take the kit for strangers."""
    (tmp_path / "kit").mkdir()
    assert landing(drop, tmp_path / "kit").exit_code == 0
    for inside in (drop.root / "kit", drop.root):
        refused = landing(drop, inside)
        assert (refused.exit_code, "lies in the data folder" in refused.stderr) == (1, True)


NO_ADDRESS: dict[str, tuple[Callable[[DropFolder], object], str]] = {
    "absent": (lambda drop: drop.site_address.unlink(), "The site has no onion address yet"),
    "damaged": (lambda drop: write_private_file(drop.site_address, b"x" + ADDRESS.encode()), "is damaged"),
}


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_without_a_whole_address_nothing_is_written(drop: DropFolder, tmp_path: Path, address: str) -> None:
    """One wrong letter leads people to somebody else."""
    harm, said = NO_ADDRESS[address]
    harm(drop)
    refused = landing(drop, tmp_path / "kit")
    assert (refused.exit_code, said in refused.stderr) == (1, True), refused.stderr
    assert not (tmp_path / "kit").exists()


def test_the_page_says_what_its_reader_must_know() -> None:
    """What the visit tells already, how to come safely, the address twice, the key, danger first."""
    page = make_kit(FACTS)["index.html"]
    said = text_of(page)
    assert said.startswith("In danger now? Call 999. On a mobile, if you cannot speak, press 55 when asked.")
    for words in (
        "On a phone, computer or network from work? Close this page now",
        "can see that you opened www.charity.example, and when",
        "Your browser keeps it in its history.",
        "delete this page and torproject.org. Delete the downloaded file, too, and its entry in the list of downloads. "
        "Nothing else: an empty history is noticed. Next time use a private window.",
        "keep no list of who opens this page. We cannot promise it for companies in between.",
        "Do it neither at work nor on the Wi-Fi at work. Not on the Wi-Fi at home if you live with the person",
        "whoever looks after it can see that Tor is used. Go to a friend or a library, when you are off duty. "
        "Use no Wi-Fi that asks for your name, e-mail or card. Leave your own phone at home unless you write on it or "
        "need it to be safe, and take no phone, radio or camera from work.",
        "There is none for iPhones: do not take an app of that name.",
        "Open this page in Tor Browser, and press “.onion available” beside its address. Or type the address below",
        "Copy it only inside Tor Browser: phones and computers can keep everything you copy, not only the last.",
        "Do not keep the paper, or a strip of our poster, at home if you live with the person. Tear it up when",
        "If you type it, leave no gaps, and put nothing before it.",
        "what looks like a 0 is the letter o, and what looks like a 1 is the letter l.",
        "On a computer: press the shield beside the address, then “Settings”, then “Change”.",
        "On a phone: press the three dots, then “Settings”, and find the security level there.",
        "each letter",
        "This page is somewhere else than https://www.charity.example/safely.",
        FACTS.fingerprint,
    ):
        assert words in said, words
    assert f'<meta http-equiv="onion-location" content="http://{ADDRESS}/">' in page.decode()
    without = text_of(make_kit(LandingFacts("Example Trust", ADDRESS, FACTS.fingerprint))["index.html"])
    assert "can see which website you opened, and when" in without
    assert "We cannot promise that nobody keeps a list of who opens this page." in without
    assert "set up to keep no list" not in without


def test_a_name_of_a_charity_is_text_and_no_markup() -> None:
    """It is a setting, and stands on both pages."""
    files = make_kit(LandingFacts("<b>A & B</b>", ADDRESS, FACTS.fingerprint))
    for name in ("index.html", "poster.html"):
        assert b"<b>A" not in files[name]
        assert b"&lt;b&gt;A &amp; B" in files[name]
    assert "<b>A & B</b>" in files["README.txt"].decode()


def test_the_groups_are_the_address() -> None:
    """Joined they give it again; all but the last have seven letters."""
    assert "".join(FACTS.groups) == ADDRESS
    assert [len(group) for group in FACTS.groups] == [7] * 7 + [13]


def test_a_kit_that_a_full_disk_left_half_done_can_be_made_again(drop: DropFolder, tmp_path: Path) -> None:
    """Its mark is written first."""
    assert landing(drop, tmp_path / "kit", "--clearnet-url", URL).exit_code == 0
    whole = written(tmp_path / "kit")
    shutil.rmtree(tmp_path / "kit" / "servers")
    (tmp_path / "kit" / "poster.html").write_bytes(b"<!doc")
    assert landing(drop, tmp_path / "kit", "--clearnet-url", URL).exit_code == 0
    assert written(tmp_path / "kit") == whole


def test_a_charity_whose_name_nobody_set_gets_no_poster(drop_folder: DropFolder, tmp_path: Path) -> None:
    """People would look for a charity of another name. `check` says so too; a charity may be called as we are."""
    keep_site_address(drop_folder, ADDRESS)
    refused = landing(drop_folder, tmp_path / "kit")
    what_to_do = f'Write into {drop_folder.settings}: {{"charity_name": "Your charity"}}, and start “serve” again.'
    assert (refused.exit_code, what_to_do in refused.stderr) == (1, True), refused.stderr
    assert not (tmp_path / "kit").exists()
    checked = CliRunner().invoke(main, ["check", "--data", str(drop_folder.root)])
    assert (checked.exit_code, what_to_do in checked.stdout) == (0, True)
    call(drop_folder, "Candour")
    assert landing(drop_folder, tmp_path / "kit").exit_code == 0
    checked = CliRunner().invoke(main, ["check", "--data", str(drop_folder.root)])
    assert "The pages name the charity: Candour" in checked.stdout
    assert what_to_do not in checked.stdout


def test_a_charity_that_was_renamed_makes_its_kit_again(drop: DropFolder, tmp_path: Path) -> None:
    """Over the one with the old name, of which nothing is left: whose folder it is does not hang on the name."""
    assert landing(drop, tmp_path / "kit", "--clearnet-url", URL).exit_code == 0
    call(drop, "Another Name")
    again = landing(drop, tmp_path / "kit", "--clearnet-url", URL)
    assert (again.exit_code, again.stderr) == (0, "")
    texts = {name: unescape(content.decode()) for name, content in written(tmp_path / "kit").items()}
    assert not [name for name, text in texts.items() if NAME in text]
    assert "Another Name" in texts["poster.html"]


def test_without_a_place_on_the_web_there_is_nothing_for_a_web_server(drop: DropFolder, tmp_path: Path) -> None:
    """A guess would take the place of the charity's home page. What a kit of before had is erased, and it is said."""
    made = landing(drop, tmp_path / "kit", "--clearnet-url", URL)
    assert "--clearnet-url" not in made.stdout
    without = landing(drop, tmp_path / "kit")
    assert (without.exit_code, without.stderr) == (0, "")
    assert "There is nothing in it for your web server: add --clearnet-url" in without.stdout
    files = written(tmp_path / "kit")
    assert files.keys() == {name for name in FILES if not name.startswith("servers/")}
    assert not (tmp_path / "kit" / "servers").exists()
    assert "Do not put index.html anywhere yet." in files["README.txt"].decode()
    home = landing(drop, tmp_path / "kit", "--clearnet-url", "https://www.charity.example")
    assert "It takes the place of the home page of www.charity.example." in home.stdout


def test_how_to_look_whether_a_visit_was_logged(drop: DropFolder, tmp_path: Path) -> None:
    """As people come: also without TLS, and with a slash at the end."""
    landing(drop, tmp_path / "kit", "--clearnet-url", URL)
    said = (tmp_path / "kit" / "README.txt").read_text("utf-8")
    assert "Open it also with http:// before it, and with a slash at its end. Then look into all logs" in said
    assert f"It will be found at {URL} alone." in said
