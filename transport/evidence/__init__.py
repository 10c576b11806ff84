"""What proves an exchange: envelopes, receipts, the witness of the log, Merkle trees (RFC 9162)."""
