"""What web servers are told of the landing page, and which places on the web it may have."""

import hashlib
import re
from base64 import b64encode
from dataclasses import replace

import pytest

from source_interface.landing.facts import LandingFacts, LandingRefused, check_clearnet_url
from source_interface.landing.kit import make_kit
from tests.onion_names import onion_name

ADDRESS = onion_name()
FACTS = LandingFacts(
    "Example Trust", ADDRESS, "ABCD EF01 2345 6789 ABCD EF01 2345 6789 ABCD EF01", "https://www.charity.example/safely"
)
FIELD = re.compile(r'^\s*(?:add_header |Header always set )?([A-Z][\w-]+) "([^"]*)"(?: always;)?$', re.M)
SERVERS = ("servers/Caddyfile", "servers/apache.conf", "servers/nginx.conf")
PLAIN = ("servers/apache-port-80.conf", "servers/nginx-port-80.conf")
# How each file names the page: with and without a slash at its end, and where it is all that a host has.
SPELLINGS = {
    "servers/Caddyfile": (["@candour_landing path /safely /safely/\n"], ["@candour_landing path /\n"]),
    "servers/apache.conf": (
        [f'{said} "^/safely/?$"' for said in ("SetEnvIf Request_URI", "AliasMatch", "<LocationMatch")],
        [f'{said} "^/$"' for said in ("SetEnvIf Request_URI", "AliasMatch", "<LocationMatch")],
    ),
    "servers/apache-port-80.conf": (
        [f'{said} "^/safely/?$"' for said in ("SetEnvIf Request_URI", "<LocationMatch")],
        [f'{said} "^/$"' for said in ("SetEnvIf Request_URI", "<LocationMatch")],
    ),
    "servers/nginx.conf": (["location = /safely {", "location = /safely/ {"], ["location = / {"]),
    "servers/nginx-port-80.conf": (["location = /safely {", "location = /safely/ {"], ["location = / {"]),
}
REFUSED_URLS = {
    "no TLS": "http://charity.example/",
    "an onion": f"https://{ADDRESS}/",
    "no host": "https:///safely",
    "a name and a password": "https://a:b@charity.example/",
    "a port": "https://charity.example:8443/",
    "a question": "https://charity.example/?a=b",
    "a place in the page": "https://charity.example/#a",
    "one word for a host": "https://intranet/",
    "an address in numbers": "https://192.0.2.7/",
    "a path that is a command in a configuration": "https://charity.example/a;return",
    "a path that ends the block": "https://charity.example/}",
    "a line end": "https://charity.example/a\nb",
    "a space at its end": "https://charity.example/ ",
    "a quotation mark": 'https://charity.example/"',
    "two dots": "https://charity.example/../a",
    "letters that look alike": "https://chаrity.example/",  # noqa: RUF001  (a Cyrillic one)
    "far too long": "https://charity.example/" + "a/" * 200,
    "brackets that end nowhere": "https://[::1/",
    "nothing": "",
}


@pytest.mark.parametrize("what", REFUSED_URLS)
def test_what_is_no_page_of_a_website_is_refused(what: str) -> None:
    """It is written into three configurations and one page."""
    with pytest.raises(LandingRefused):
        check_clearnet_url(REFUSED_URLS[what])


def test_the_place_of_the_page_has_one_spelling() -> None:
    """The host in small letters, the path as it is; it stands in each configuration."""
    assert check_clearnet_url("https://WWW.Charity.example") == "https://www.charity.example/"
    assert check_clearnet_url("https://charity.example/Tell-us/safely/") == "https://charity.example/Tell-us/safely/"


@pytest.mark.parametrize("server", SPELLINGS)
def test_whoever_types_a_slash_at_the_end_is_in_no_log_either(server: str) -> None:
    """Nor who leaves it out, however the administrator wrote the address; a host alone has one spelling."""
    for url, wanted in (
        ("https://www.charity.example/safely", SPELLINGS[server][0]),
        ("https://www.charity.example/safely/", SPELLINGS[server][0]),
        ("https://www.charity.example/", SPELLINGS[server][1]),
    ):
        told = make_kit(replace(FACTS, clearnet_url=url))[server].decode()
        assert [words for words in wanted if words not in told] == [], url


@pytest.mark.parametrize("server", PLAIN)
def test_whoever_comes_without_tls_is_in_no_log_either(server: str) -> None:
    """On the port that only leads to the other one; the fields are for TLS. Caddy logs nothing there of its own."""
    told = make_kit(FACTS)[server].decode()
    quiet = {
        "servers/nginx-port-80.conf": ("    access_log off;\n    error_log /dev/null crit;\n    return 301 ", 2),
        "servers/apache-port-80.conf": ("combined env=!candour_landing\n", 1),
    }
    words, times = quiet[server]
    assert told.count(words) == times
    assert "port 80" in told
    assert "Strict-Transport-Security" not in told
    assert "import candour_landing_quiet” into that one" in make_kit(FACTS)["servers/Caddyfile"].decode()


@pytest.mark.parametrize("server", SERVERS)
def test_a_web_server_is_told_every_field_and_keeps_no_log(server: str) -> None:
    """The policy names the style sheet by its very bytes; the onion site is offered; visits are in no log."""
    files = make_kit(FACTS)
    told = files[server].decode()
    [sheet] = re.findall(rb"<style>(.*?)</style>", files["index.html"], re.DOTALL)
    digest = b64encode(hashlib.sha256(sheet).digest()).decode()
    fields = dict(
        re.findall(r'^\s*(?:add_header |Header always set )?([A-Z][\w-]+) "([^"]*)"(?: always;)?$', told, re.M)
    )
    assert fields["Onion-Location"] == f"http://{ADDRESS}/"
    assert fields["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert fields["Strict-Transport-Security"] == "max-age=63072000"
    assert fields["Referrer-Policy"] == "no-referrer"
    assert fields["Cache-Control"] == "no-store"
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert "X-Robots-Tag" not in fields, "it shall be found"
    quiet = {
        "servers/nginx.conf": ("    access_log off;\n", "    error_log /dev/null crit;\n"),
        "servers/apache.conf": ("combined env=!candour_landing\n", "    LogLevel emerg\n"),
        "servers/Caddyfile": ("    log_skip @candour_landing\n",),
    }
    assert [line for line in quiet[server] if line not in told] == []


@pytest.mark.parametrize("server", SPELLINGS)
def test_a_configuration_is_whole(server: str) -> None:
    """Brackets, quotation marks and ends of lines, as each web server reads them; nothing of ours is left unfilled."""
    told = "\n".join(line for line in make_kit(FACTS)[server].decode().splitlines() if not line.startswith("#"))
    bare = re.sub(r'"[^"\n]*"', '""', told)
    assert bare.count('"') % 2 == 0
    assert "{{" not in told
    if "nginx" in server:
        assert bare.count("{") == bare.count("}") == 2
        assert [line for line in bare.splitlines() if not line.endswith((";", "{", "}"))] == []
    elif "apache" in server:
        opened = re.findall(r"^<(\w+) ", bare, re.M)
        assert (
            opened
            == re.findall(r"^</(\w+)>$", bare, re.M)
            == ["LocationMatch", "Directory"][: 1 if server in PLAIN else 2]
        )
    else:
        assert bare.count("{") == bare.count("}") == 4
        assert bare.splitlines()[0] == "(candour_landing_quiet) {"
