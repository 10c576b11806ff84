"""`demo`, `smoke`, `render` and `agency`: the rehearsal world (練習環境) and its reference agency."""

from console.commands.group import LazyGroup

agency = LazyGroup(
    "agency",
    {
        "serve": "console.commands.rehearsal.reference_agency:serve",
        "post": "console.commands.rehearsal.reference_agency:post",
        "received": "console.commands.rehearsal.reference_agency:received",
    },
)
