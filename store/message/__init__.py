"""The messages: their kinds and codes, every rule, the dated tables, and the files they come in.

Pure: nothing here touches the database. `checking.check` is the door for records, `records` for files.
"""
