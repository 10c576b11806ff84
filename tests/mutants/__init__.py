"""Small faults put into the critical modules, one at a time, to see whether a test finds each of them."""
