"""What a web server must be told of the landing page: keep no log of it, and send these fields with it.

Whoever comes by http://, or types a slash at the end, has come all the same: each spelling is told of, on both ports.

For the page alone, so that it can lie on a website that has others. Two of the fields are for more than one page:
HSTS holds for the whole host, which must have TLS anyway; Onion-Location has Tor Browser offer the onion site.
"""

from collections.abc import Mapping

from serving.headers import COMMON_HEADERS
from serving.language import gettext as _
from source_interface.landing.facts import LandingFacts

SERVER_FILES = ("Caddyfile", "apache-port-80.conf", "apache.conf", "nginx-port-80.conf", "nginx.conf")
PLACE = "/var/www/candour-landing"
_TWO_YEARS = 63_072_000  # seconds
_NGINX_QUIET = "    access_log off;\n    error_log /dev/null crit;\n"
_APACHE_END_EVERY_LINE = _("# Then end EVERY line there that says CustomLog with: env=!candour_landing\n")


def landing_headers(facts: LandingFacts, style_digest: str) -> Mapping[str, str]:
    """Return the fields of the page's answer. `style_digest` is `sha256-…` of the style sheet within the page."""
    # The page shall be found; nothing else of what the site sends is less right here.
    common = {name: value for name, value in COMMON_HEADERS.items() if name != "X-Robots-Tag"}
    policy = f"default-src 'none'; style-src '{style_digest}'; base-uri 'none'; form-action 'none'"
    return {
        **common,
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Strict-Transport-Security": f"max-age={_TWO_YEARS}",
        "Onion-Location": facts.onion_url,
    }


def server_files(facts: LandingFacts, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the configuration for each web server, by file name: all of SERVER_FILES."""
    path = facts.clearnet_path.removesuffix("/")
    return {
        "nginx.conf": _nginx(path, headers),
        "nginx-port-80.conf": _nginx_port_80(path, facts.clearnet_url or ""),
        "apache.conf": _apache(path, headers),
        "apache-port-80.conf": _apache_port_80(path),
        "Caddyfile": _caddy(path, headers),
    }


def _spellings(path: str) -> list[str]:
    """Return the path as people may type it; `path` has no slash at its end. A host alone has one spelling."""
    return [path, f"{path}/"] if path else ["/"]


def _pattern(path: str) -> str:
    return f"^{path}/?$" if path else "^/$"


def _nginx(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f'    add_header {name} "{value}" always;\n' for name, value in headers.items())
    return (
        _("# nginx: put this into the server block of your website, the one with TLS.\n")
        + _("# What it names, and nothing else, is neither in the access log nor in the error log.\n")
        + "".join(
            f"location = {spelling} {{\n{_NGINX_QUIET}    root {PLACE};\n    try_files /index.html =404;\n{fields}}}\n"
            for spelling in _spellings(path)
        )
    )


def _nginx_port_80(path: str, url: str) -> str:
    return (
        _("# nginx: put this into the server block of your website without TLS, the one that listens on port 80.\n")
        + _("# Does that block say “return 301 …” outside of every location? Put that line into “location / { }”:\n")
        + _("# where it stands now, it is obeyed before any location is looked for, and written into the log.\n")
        + "".join(
            f"location = {spelling} {{\n{_NGINX_QUIET}    return 301 {url};\n}}\n" for spelling in _spellings(path)
        )
    )


def _apache(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f'    Header always set {name} "{value}"\n' for name, value in headers.items())
    pattern = _pattern(path)
    return (
        _("# Apache: put this into the VirtualHost of your website, the one with TLS.\n")
        + _("# It needs the modules alias, headers and setenvif: a2enmod alias headers setenvif\n")
        + _APACHE_END_EVERY_LINE
        + _apache_quiet(pattern)
        + f'AliasMatch "{pattern}" "{PLACE}/index.html"\n'
        + f'<LocationMatch "{pattern}">\n'
        + "    LogLevel emerg\n"
        + fields
        + "</LocationMatch>\n"
        + f'<Directory "{PLACE}">\n'
        + "    Options None\n"
        + "    AllowOverride None\n"
        + "    Require all granted\n"
        + "</Directory>\n"
    )


def _apache_port_80(path: str) -> str:
    pattern = _pattern(path)
    return (
        _("# Apache: put this into the VirtualHost of your website without TLS, the one with port 80.\n")
        + _APACHE_END_EVERY_LINE
        + _apache_quiet(pattern)
        + f'<LocationMatch "{pattern}">\n    LogLevel emerg\n</LocationMatch>\n'
    )


def _apache_quiet(pattern: str) -> str:
    return (
        f'SetEnvIf Request_URI "{pattern}" candour_landing\n'
        "CustomLog ${APACHE_LOG_DIR}/access.log combined env=!candour_landing\n"
    )


def _caddy(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f'        {name} "{value}"\n' for name, value in headers.items())
    spellings = " ".join(_spellings(path))
    return (
        _("# Caddy: put this at the top of the Caddyfile, and the line “import candour_landing” into your website.\n")
        + _("# Have you written a block for http:// yourself? Then “import candour_landing_quiet” into that one.\n")
        + _("# Before version 2.8 “log_skip” is called “skip_log”.\n")
        + "(candour_landing_quiet) {\n"
        + f"    @candour_landing path {spellings}\n"
        + "    log_skip @candour_landing\n"
        + "}\n"
        + "(candour_landing) {\n"
        + "    import candour_landing_quiet\n"
        + "    header @candour_landing {\n"
        + fields
        + "    }\n"
        + "    handle @candour_landing {\n"
        + f"        root * {PLACE}\n"
        + "        rewrite * /index.html\n"
        + "        file_server\n"
        + "    }\n"
        + "}\n"
    )
