"""The messages: their kinds and codes, every rule, the dated tables, and the files they come in.

Nothing here touches the database. Records are checked by `checks.checking.check` and read from files by
`files.reading.read_records`.
"""
