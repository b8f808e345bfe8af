"""One target under libFuzzer, in a process of its own: libFuzzer ends the process when it has done.

`python -m tests.fuzz.child TARGET FOLDER LIBFUZZER-ARGUMENTS…` is what `tests.fuzz.run` starts.
"""

import sys
from importlib import import_module
from pathlib import Path

import atheris
from werkzeug.sansio.multipart import MultipartDecoder

OURS = ["keys", "store", "serving", "source_interface", "journalist_interface"]
# The one part of a library that takes strangers' bytes apart before anything of ours does.
DECODER = (
    MultipartDecoder.next_event,
    MultipartDecoder.receive_data,
    MultipartDecoder._parse_headers,
    MultipartDecoder._parse_data,
    MultipartDecoder._last_partial_boundary_index,
)


def main() -> None:
    """Fuzz."""
    name, folder, *arguments = sys.argv[1:]
    with atheris.instrument_imports(include=OURS, enable_loader_override=False):
        # This target alone: to instrument what only the others reach takes longer than a short run.
        target = import_module(f"tests.fuzz.target_{name}")
    for method in DECODER:
        atheris.instrument_func(method)
    target.prepare(Path(folder))
    atheris.Setup([sys.argv[0], *arguments], target.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
