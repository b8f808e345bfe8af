"""What a web server must be told of the landing page: keep no log of it, and send these fields with it.

For the page alone, so that it can lie on a website that has others. Two of the fields are for more than one page:
HSTS holds for the whole host, which must have TLS anyway; Onion-Location has Tor Browser offer the onion site.
"""

from collections.abc import Mapping

from serving.headers import COMMON_HEADERS
from serving.language import gettext as _
from source_interface.landing.facts import LandingFacts

PLACE = "/var/www/candour-landing"
_TWO_YEARS = 63_072_000  # seconds


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
    """Return the configuration for each web server, by file name."""
    path = facts.clearnet_path
    return {
        "nginx.conf": _nginx(path, headers),
        "apache.conf": _apache(path, headers),
        "Caddyfile": _caddy(path, headers),
    }


def _nginx(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f'    add_header {name} "{value}" always;\n' for name, value in headers.items())
    return (
        _("# nginx: put this into the server block of your website, the one with TLS.\n")
        + _("# Its location, and nothing else, is neither in the access log nor in the error log.\n")
        + f"location = {path} {{\n"
        + "    access_log off;\n"
        + "    error_log /dev/null crit;\n"
        + f"    root {PLACE};\n"
        + "    try_files /index.html =404;\n"
        + fields
        + "}\n"
    )


def _apache(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f'    Header always set {name} "{value}"\n' for name, value in headers.items())
    return (
        _("# Apache: put this into the VirtualHost of your website, the one with TLS.\n")
        + _("# It needs the modules alias, headers and setenvif: a2enmod alias headers setenvif\n")
        + _("# Then end EVERY line of your website that says CustomLog with: env=!candour_landing\n")
        + f'SetEnvIf Request_URI "^{path}$" candour_landing\n'
        + "CustomLog ${APACHE_LOG_DIR}/access.log combined env=!candour_landing\n"
        + f'AliasMatch "^{path}$" "{PLACE}/index.html"\n'
        + f'<LocationMatch "^{path}$">\n'
        + "    LogLevel emerg\n"
        + fields
        + "</LocationMatch>\n"
        + f'<Directory "{PLACE}">\n'
        + "    Options None\n"
        + "    AllowOverride None\n"
        + "    Require all granted\n"
        + "</Directory>\n"
    )


def _caddy(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f'        {name} "{value}"\n' for name, value in headers.items())
    return (
        _("# Caddy: put this at the top of the Caddyfile, and the line “import candour_landing” into your website.\n")
        + _("# Before version 2.8 “log_skip” is called “skip_log”.\n")
        + "(candour_landing) {\n"
        + f"    @candour_landing path {path}\n"
        + "    log_skip @candour_landing\n"
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
