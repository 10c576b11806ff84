"""Figures, measured on the machine in hand. `python -m tests.benchmarks NAME` runs one; none of them is a test."""
