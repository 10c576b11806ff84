"""The parts that screens are made of. Each draws its own lines, and all text goes to the screen through `text`."""
