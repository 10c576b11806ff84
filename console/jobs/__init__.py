"""The jobs: what is done at the terminal, one module a job, without a screen.

Here alone store and transport meet. Screens and commands call jobs; a job checks the right of the acting person again,
does its work and its log entry in one transaction, and raises errors of the three trees.
"""
