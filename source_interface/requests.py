"""Requests to the source's site: bounded before anything is read, and with no way to a temporary file."""

from serving.unstored_forms import UnstoredRequest

# Every form that is not streamed: a codename, a token, the id of a reply.
LARGEST_SMALL_FORM = 32 * 1024


class BoundedRequest(UnstoredRequest):
    """A request whose ordinary form parser refuses files, and whose ordinary forms are small."""

    max_content_length: int | None = LARGEST_SMALL_FORM
    max_form_memory_size = LARGEST_SMALL_FORM
    max_form_parts = 40
