"""Dated tables as files: articles, codes, eras and names, each entry with its first and last day.

Read by `store.message.tables`, the holidays by `store.holidays`. To change a table, give the entry that
ends a last day (`to`) and add one that begins the day after (`from`): nothing is ever rewritten, since
old messages keep the names of their own day.
"""
