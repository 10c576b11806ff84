"""What scripts do with messages: `import`, `queue`, `show`, `revise`, `undo`, `erase` and the steps of the review."""

from console.commands.group import LazyGroup

layout = LazyGroup("layout", {"draft": "console.commands.messages.layouts:draft"})
