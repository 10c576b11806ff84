"""The parts that screens are made of. Each draws its own lines; all text passes the one sink in `text`."""
