"""Dated tables as files: articles, codes, eras and names, each entry with its first and last day.

`store.message.tables` reads them, and `store.holidays` reads the holidays. To change a table, give the entry that ends
a last day (`to`) and add an entry that begins on the day after (`from`). Entries are never rewritten, because old
messages keep the names of their own day.
"""
