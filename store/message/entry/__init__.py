"""Messages as people enter them: what they type, and what the form proposes."""
