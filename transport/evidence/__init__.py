"""The evidence of an exchange: envelopes, receipts, witness statements about the log, Merkle trees (RFC 9162)."""
