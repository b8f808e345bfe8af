"""What a kill can be tied to: a call, a statement or a commit of the product, found from outside by its name.

The product knows nothing of this: there is no fault point in it. A function that is renamed there is an error here,
before anything is killed; a statement that is renamed is a point that is never passed (test_fault_points.py).
"""

from dataclasses import dataclass
from enum import StrEnum


class When(StrEnum):
    """On which side of a step."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Call:
    """A function or method of the product (or of gunicorn), as `module:name`."""

    where: str


@dataclass(frozen=True)
class Statement:
    """An SQL statement that begins so."""

    begins: str


@dataclass(frozen=True)
class Commit:
    """The COMMIT of a transaction that has such a statement in it."""

    of: str


Step = Call | Statement | Commit


def gate_name(step: Step, when: When) -> str:
    """Return what the killed process and its killer call one side of a step."""
    return f"{when} {step}"
