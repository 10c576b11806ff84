"""The findings of the rules as a command prints them."""

from collections.abc import Mapping

from console.words import Words


def finding_texts(rule: str, facts: Mapping[str, str], words: Words) -> dict[str, str]:
    """Return what the broken `rule` means and what to do about it, under the names that the JSON gives them."""
    text = words.finding(rule, facts)
    return {"message": text.cause, "remedy": text.remedy}
