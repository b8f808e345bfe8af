"""Security headers of every answer: nothing from elsewhere, nothing kept, nothing told to other sites.

Sources: OWASP Secure Headers Project; DESIGN section 6. `Referrer-Policy: no-referrer` makes browsers send
`Origin: null` on form posts, so that forms are checked by token, not by origin.
"""

from collections.abc import Collection, Mapping

CONTENT_SECURITY_POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

_FORBIDDEN_FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "clipboard-read",
    "clipboard-write",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)


def content_security_policy(changes: Mapping[str, str] | None = None) -> str:
    """Return the policy, with directives replaced or added where a page needs it."""
    return "; ".join(f"{name} {value}" for name, value in {**CONTENT_SECURITY_POLICY, **(changes or {})}.items())


def permissions_policy(allowed: Collection[str] = ()) -> str:
    """Return the policy that forbids every feature, but lets our own pages have those in `allowed`."""
    return ", ".join(f"{feature}={'(self)' if feature in allowed else '()'}" for feature in _FORBIDDEN_FEATURES)


COMMON_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": content_security_policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": permissions_policy(),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
