"""The rules that a message must keep, and what is found when it does not."""
