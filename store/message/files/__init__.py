"""Reading and writing record files (`.jsonl`, `.csv`)."""
