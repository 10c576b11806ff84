"""The exchange (送受信): what is known before it, how far it is, and what became of each item."""
