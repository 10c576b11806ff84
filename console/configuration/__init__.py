"""The files by which a terminal is configured: how they are read, where their errors stand, what explains them."""
