"""`demo`, `smoke`, `render` and `agency`: the rehearsal world (練習環境) and its reference agency."""

from console.commands.group import LazyGroup

agency_keys = LazyGroup(
    "keys",
    {
        "show": "console.commands.rehearsal.agency_setup:show_keys",
        "renew": "console.commands.rehearsal.agency_setup:renew_keys",
    },
)
agency = LazyGroup(
    "agency",
    {
        "init": "console.commands.rehearsal.agency_setup:init",
        "register": "console.commands.rehearsal.agency_setup:register",
        "keys": "console.commands.rehearsal:agency_keys",
        "serve": "console.commands.rehearsal.reference_agency:serve",
        "post": "console.commands.rehearsal.reference_agency:post",
        "received": "console.commands.rehearsal.reference_agency:received",
    },
)
