"""What every screen, dialog and empty state of the console looks like, kept as text in both languages and three sizes.

`python -m tests.grids` draws all of it anew into `tests/grids/drawn`, a file for each state. A test draws it again
and compares, so that whoever changes a word or a column sees on which screens it shows, and reads them in the change.
"""
