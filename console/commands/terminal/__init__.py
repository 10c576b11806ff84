"""`init`, `check`, `join`, `settings` and the maintenance of a terminal (端末) as a whole."""

from console.commands.group import LazyGroup

join = LazyGroup(
    "join",
    {
        "request": "console.commands.terminal.joining:request",
        "admit": "console.commands.terminal.joining:admit",
        "accept": "console.commands.terminal.joining:accept",
        "show": "console.commands.terminal.joining:show",
        "retire": "console.commands.terminal.joining:retire",
    },
)
settings = LazyGroup(
    "settings",
    {
        "show": "console.commands.terminal.protections:show",
        "confirm": "console.commands.terminal.protections:confirm",
    },
)
