"""The declarations of the kinds of message: one module per kind, and the vocabulary that they use.

A kind is a class that derives from `common.Common`. The class declares its items, in the order of the columns of CSV
files; the conditions over several items; the rules that only this kind can break; and the law that it comes from.
`store.message.kinds` lists the classes, and the checks, the columns and the form read everything about a kind there.
"""
