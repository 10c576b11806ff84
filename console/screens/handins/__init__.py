"""The screens of the import: the hand-in places, and the dry run and report of a file."""
