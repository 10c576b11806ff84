"""What `check` finds: a line for each part of the terminal, in words, and what the next job would be refused for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from console.foreseen import Foreseen, foreseen
from console.words import Words


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one part: its name (a key of the catalogue `check`), whether it is in order, details, what to do.

    `code` is that of the error for which jobs are refused; None where the part wants care and refuses nothing.
    """

    name: str
    ok: bool
    detail: str
    remedy: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All parts, in the order in which a person would repair them."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every part is in order."""
        return all(check.ok for check in self.checks)


def attempt(name: str, words: Words, look: Callable[[], Check]) -> Check:
    """Return what `look` finds of the part `name`; an error of ours that it meets is the finding."""
    try:
        return look()
    except Exception as error:
        # Anything else is a fault of the program, and is not to be hidden.
        ours = foreseen(error)
        if ours is None:
            raise
        return refused(name, words, ours)


def refused(name: str, words: Words, error: Foreseen) -> Check:
    """Return the finding that jobs are refused with `error` on account of the part `name`."""
    text = words.fault(error.code, error.facts)
    return Check(name, ok=False, detail=text.cause, remedy=text.remedy, code=error.code)


def each_once(checks: Iterable[Check]) -> Iterator[Check]:
    """Yield the checks without those that only repeat what an earlier part was found to suffer from."""
    found: set[str] = set()
    for check in checks:
        if check.code is None or check.code not in found:
            yield check
        found |= {check.code} if check.code is not None else set()
