"""Record files (`.jsonl`, `.csv`): reading and writing them."""
