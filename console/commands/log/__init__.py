"""`log`: read, question, verify, export and prune the terminal's log (証跡)."""

from console.commands.group import LazyGroup

log = LazyGroup(
    "log",
    {
        "show": "console.commands.log.viewing:show",
        "ask": "console.commands.log.questions:ask",
        "verify": "console.commands.log.verification:verify",
        "export": "console.commands.log.export:export",
        "prune": "console.commands.log.pruning:prune",
        "resume": "console.commands.log.pruning:resume",
    },
)
