"""Walk the walks, and write what they drew."""

import sys
from collections.abc import Iterable, Mapping

from tests.grids.drawing import FOLDER, Easel, State, file_of, kept, read
from tests.grids.surroundings import Surroundings, surroundings
from tests.grids.walks import WALKS


async def walk(name: str, around: Surroundings) -> Mapping[str, State]:
    """Return the states that a walk draws, by name."""
    easel = Easel(name, around.copy(), around.moment)
    await WALKS[name](easel)
    return easel.states


async def write(names: Iterable[str] = WALKS) -> None:
    """Write the states of these walks, take away those that they draw no more, and say what is not as it was."""
    FOLDER.mkdir(exist_ok=True)
    with surroundings() as around:
        for name in names:
            states = await walk(name, around)
            for state in states.values():
                _write(state)
            for state in list(kept()):
                if state.walk not in WALKS or (state.walk == name and state.name not in states):
                    file_of(state.name).unlink()
                    sys.stdout.write(f"gone     {state.name}\n")
    sys.stdout.write(f"{sum(1 for _ in kept())} states in {FOLDER}\n")


def _write(state: State) -> None:
    before = read(state.name)
    if before != state.text:
        file_of(state.name).write_text(state.text, encoding="utf-8")
        sys.stdout.write(f"{'changed' if before else 'new':8} {state.name}\n")
