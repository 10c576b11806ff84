"""What the kinds of message are: one module per kind, and the words in which they are declared.

A kind is a class that derives from `common.Common`. The class declares its items, in the order of the columns of CSV
files; the rules over several items; the rules that only this kind can break; and the law it comes from.
`store.message.kinds` lists the classes. Whatever else needs to know a kind (checks, columns, the form) reads it there.
"""
