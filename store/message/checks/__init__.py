"""Checking records: the items and rules of all kinds, and the findings for a record that breaks them."""
