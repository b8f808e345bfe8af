"""Which module can reach which, read from the source without running it.

Rules:
- An import counts wherever it stands: in a function, under `if TYPE_CHECKING`, in a `try`.
- Importing `a.b` also runs `a`, so it reaches all that `a` imports.
- `from a import b` reaches the module `a.b` where there is one.
- An import whose name is computed cannot be followed, so it is refused.
"""

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

DYNAMIC = frozenset({"import_module", "__import__", "run_module", "run_path", "spec_from_file_location"})


class HiddenImport(AssertionError):
    """A module imports something by a computed name. Import it plainly, so that the rules can be held."""


def is_within(name: str, family: str) -> bool:
    """Whether `name` is the module or library `family`, or lies below it."""
    return name == family or name.startswith(family + ".")


def lineage(name: str) -> Iterator[str]:
    """`a`, `a.b`, `a.b.c` for `a.b.c`: what importing it runs."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


class ImportWalk:
    """The imports of every module of some packages below one folder."""

    def __init__(self, root: Path, packages: Iterable[str]) -> None:
        """Reads all sources at once. Raises HiddenImport for a dynamic import, SyntaxError for a broken file."""
        self.files: dict[str, Path] = {}
        for package in packages:
            for path in sorted((root / package).rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                self.files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        self.imports = {name: frozenset(self._read(name)) for name in self.files}

    def _read(self, name: str) -> Iterator[str]:
        tree = ast.parse(self.files[name].read_text(encoding="utf-8"), str(self.files[name]))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from lineage(alias.name)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(name, node)
                yield from lineage(origin)
                yield from (f"{origin}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Call) and called(node) in DYNAMIC:
                raise HiddenImport(f"{name}, line {node.lineno}")

    def _origin(self, name: str, node: ast.ImportFrom) -> str:
        """The absolute name that a possibly relative `from … import` starts from."""
        if node.level == 0:
            return node.module or ""
        parts = name.split(".")
        package = parts if self.files[name].name == "__init__.py" else parts[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, node.module] if node.module else base)

    def importers(self, family: str) -> set[str]:
        """The modules that import `family`, or something below it, themselves."""
        return {name for name, names in self.imports.items() if any(is_within(n, family) for n in names)}

    def chain(self, start: str, family: str) -> list[str]:
        """The shortest way from `start`, or what lies below it, into `family`: module by module. Empty if none."""
        starts = [name for name in self.files if is_within(name, start)]
        came_from: dict[str, str] = dict.fromkeys([p for s in starts for p in lineage(s)], "")
        queue = deque(came_from)
        while queue:
            here = queue.popleft()
            if is_within(here, family):
                return self._back(here, came_from)
            for there in self.imports.get(here, ()):
                if there not in came_from:
                    came_from[there] = here
                    queue.append(there)
        return []

    def _back(self, here: str, came_from: dict[str, str]) -> list[str]:
        way = [here]
        while came_from[way[0]]:
            way.insert(0, came_from[way[0]])
        return way


def called(node: ast.Call) -> str:
    """The last part of the name that a call calls."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
