"""The rehearsal world (体験): a terminal, its agency and records, all of them invented."""
