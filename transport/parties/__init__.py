"""The two parties of the line: their identities, keys and certificates, sealing and signing."""
