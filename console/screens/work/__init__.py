"""The screens of the day: what needs this person now."""
