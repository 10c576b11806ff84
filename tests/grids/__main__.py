"""Draw every state of the console anew into `tests/grids/drawn`, and say which are not as they were."""

import argparse
import asyncio

from tests.grids.making import write
from tests.grids.walks import WALKS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.grids", description=__doc__)
    parser.add_argument("walks", nargs="*", metavar="WALK", help=f"only these (default all): {', '.join(WALKS)}")
    chosen = parser.parse_args().walks or [*WALKS]
    if unknown := set(chosen) - WALKS.keys():
        parser.error(f"no such walk: {', '.join(sorted(unknown))}")
    asyncio.run(write(chosen))


if __name__ == "__main__":
    main()
