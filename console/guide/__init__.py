"""The guide: what those who keep a terminal have to know, in both languages, with tables made from what is declared."""

from typing import Final

# Here, where nothing else is imported: the help of the command names the topics, and must not wait for the rules.
TOPICS: Final = (
    "setup",
    "daily",
    "access",
    "backup",
    "keys",
    "lost-key",
    "lost-medium",
    "compromised-key",
    "staff",
    "upgrade",
    "settings",
    "roles",
    "records",
    "layouts",
    "statuses",
    "events",
)
"""The names of the topics, in the order in which somebody who is new would read them."""
