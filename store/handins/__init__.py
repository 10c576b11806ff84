"""The files that systems hand in: what became of each, and the sealed report of it."""
