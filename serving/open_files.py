"""How many connections a server may have open: no more than it may open files.

gunicorn's worker dies when it can open no socket for a connection, and every upload with it.
"""

import resource

from serving.language import gettext as _
from serving.refusals import ServingRefused

# Connections that wait for their request or for the next one: none of them holds a thread.
WAITING_CONNECTIONS = 1_000
_A_THREAD = 6  # a connection, a pipe to gpg and one from it, a blob, and what the database opens
_BESIDES = 100


class TooFewFiles(ServingRefused):
    """The process may open fewer files than its threads need."""


def raise_limit(threads: int) -> int:
    """Raise the limit on open files to what is needed, and return how many connections may be open.

    Raises TooFewFiles.
    """
    for_threads = threads * _A_THREAD + _BESIDES
    wanted = for_threads + WAITING_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    # As many again as there are threads is the least with which a page finds its way past those that wait.
    if allowed < for_threads + threads:
        raise TooFewFiles(
            _(
                "This process may open {allowed} files; {threads} threads need {needed}. Set fewer threads, or raise "
                "the limit (LimitNOFILE= of the service)."
            ).format(allowed=allowed, threads=threads, needed=for_threads + threads)
        )
    return threads + allowed - for_threads
