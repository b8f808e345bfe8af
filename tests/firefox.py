"""Debian's Firefox ESR without JavaScript, driven over WebDriver BiDi (W3C), which it speaks by itself.

Set up as near to Tor Browser's level Safest as ordinary settings go. Tor Browser itself is not tested.
"""

import itertools
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

_PATIENCE_SECONDS = 90
_SETTINGS: dict[str, object] = {
    "javascript.enabled": False,
    "privacy.resistFingerprinting": True,
    "privacy.resistFingerprinting.letterboxing": True,
    "svg.disabled": True,
    "mathml.disabled": True,
    "gfx.downloadable_fonts.enabled": False,
    "browser.privatebrowsing.autostart": True,
    "dom.security.https_only_mode": False,
    "network.proxy.type": 0,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.trr.mode": 5,
    "browser.startup.page": 0,
    "browser.startup.homepage": "about:blank",
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "termsofuse.bypassNotification": True,
    "extensions.update.enabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "remote.active-protocols": 1,
    "remote.prefs.recommended": True,
}


class Firefox:
    """One window. Frames are named by their `name`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._ask("session.new", capabilities={})
        self._window = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def goto(self, url: str) -> None:
        """Load a page."""
        self._ask("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def text(self, frame: str = "") -> str:
        """Return what the page, or one of its frames, says."""
        return str(self._evaluate("document.body ? document.body.innerText : ''", frame))

    def text_of(self, selector: str) -> str:
        """Return what the first element that a selector finds says."""
        return str(self._evaluate(f"document.querySelector({json.dumps(selector)}).innerText", "")).strip()

    def is_secure(self) -> bool:
        """Tell whether the browser takes the page for one that came over a secure connection."""
        return self._evaluate("window.isSecureContext", "") is True

    def fill(self, selector: str, text: str) -> None:
        """Type into a field."""
        self._evaluate(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(text)}", "")

    def choose_files(self, selector: str, files: list[Path]) -> None:
        """Choose files, as the browser's own dialogue would."""
        node = self._ask("browsingContext.locateNodes", context=self._window, locator=_css(selector))["nodes"][0]
        self._ask(
            "input.setFiles",
            context=self._window,
            element={"sharedId": node["sharedId"]},
            files=[str(file) for file in files],
        )

    def click(self, selector: str, frame: str = "") -> None:
        """Click with the mouse on what a selector finds."""
        context = self._context(frame)
        node = self._ask("browsingContext.locateNodes", context=context, locator=_css(selector))["nodes"][0]
        self._evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})", frame)
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        actions = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._ask(
            "input.performActions", context=context, actions=[{"type": "pointer", "id": "mouse", "actions": actions}]
        )

    def follow(self, selector: str, frame: str, words: str) -> None:
        """Click a link of a frame that comes anew by itself, until the window says this: a click may miss it."""
        for patience in (15, 15, _PATIENCE_SECONDS):
            with suppress(LookupError, Refused):
                self.click(selector, frame)
            with suppress(AssertionError):
                self.wait_for(words, patience=patience)
                break
        self.wait_for_all(words)

    def wait_for(self, words: str, frame: str = "", *, patience: float = _PATIENCE_SECONDS) -> str:
        """Wait until the page, or a frame, says this; return all that it says then. `patience` in seconds."""
        deadline = time.monotonic() + patience
        said = ""
        while time.monotonic() < deadline:
            try:
                said = self.text(frame)
            except (LookupError, Refused) as reason:
                said = str(reason)  # between two pages there is none
            if words in said:
                return said
            time.sleep(0.1)
        raise AssertionError(f"{words!r} is not in: {said}")

    def wait_for_all(self, words: str) -> None:
        """Wait until the window says this and the page has come to its end: through Tor that takes a while."""
        self.wait_for(words)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._evaluate("document.readyState", "") != "complete":
            assert time.monotonic() < deadline, "the page does not end"
            time.sleep(0.1)

    def close(self) -> None:
        """End the browser."""
        self._ask("browser.close")

    def _context(self, frame: str) -> str:
        if not frame:
            return str(self._window)
        tree = self._ask("browsingContext.getTree", root=self._window)["contexts"][0]
        for child in tree["children"]:
            found = self._evaluate_in("window.name", child["context"])
            if found == frame:
                return str(child["context"])
        raise LookupError(f"there is no frame {frame}")

    def _evaluate(self, expression: str, frame: str) -> object:
        return self._evaluate_in(expression, self._context(frame))

    def _evaluate_in(self, expression: str, context: str) -> object:
        answer = self._ask("script.evaluate", expression=expression, target={"context": context}, awaitPromise=False)
        return answer["result"].get("value")

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=_PATIENCE_SECONDS))
            if answer.get("id") != number:
                continue
            if answer.get("type") == "error":
                raise Refused(f"{method}: {answer['error']}: {answer['message']}")
            result: dict[str, Any] = answer["result"]
            return result


class Refused(Exception):
    """Firefox refused a command."""


def _css(selector: str) -> dict[str, str]:
    return {"type": "css", "value": selector}


def through_tor(socks: Path) -> dict[str, object]:
    """Return the settings with which Firefox goes through a SOCKS port that is a unix socket, as Tor Browser's are."""
    return {
        "network.proxy.type": 1,
        "network.proxy.socks": socks.as_uri(),
        "network.proxy.socks_version": 5,
        "network.proxy.socks_remote_dns": True,
        "network.proxy.socks5_remote_dns": True,
        "network.proxy.no_proxies_on": "",
        "network.dns.blockDotOnion": False,
        "dom.securecontext.allowlist_onions": True,
        "network.http.referer.hideOnionSource": True,
    }


@contextmanager
def running_firefox(scratch: Path, more: Mapping[str, object] | None = None) -> Iterator[Firefox]:
    """Start Firefox on a new profile in `scratch`, with more settings than the usual ones if given."""
    profile = scratch / "profile"
    profile.mkdir()
    lines = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in {**_SETTINGS, **(more or {})}.items()
    )
    (profile / "user.js").write_text("".join(lines), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile)]
    command += ["--remote-debugging-port", str(port), "--window-size=1000,900", "about:blank"]
    with (scratch / "firefox.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "HOME": str(profile)}
        )
        try:
            with _connect(port, process) as connection:
                firefox = Firefox(connection)
                yield firefox
                firefox.close()
        finally:
            process.terminate()
            process.wait(30)


def _connect(port: int, process: "subprocess.Popen[bytes]") -> ClientConnection:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return connect(f"ws://127.0.0.1:{port}/session", max_size=None, open_timeout=10)
        except OSError:
            assert process.poll() is None, "firefox-esr has stopped"
            assert time.monotonic() < deadline, "firefox-esr does not answer"
            time.sleep(0.1)
