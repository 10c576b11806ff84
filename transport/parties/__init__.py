"""The two parties of the line: identities, keys, certificates, sealing and signing."""
