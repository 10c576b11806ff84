"""Everything that crosses the border: keys, envelopes, receipts, the line, and the reference agency (PROTOCOL.md)."""
