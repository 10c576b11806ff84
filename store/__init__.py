"""What is kept: messages and their rules, people, the peer register, the log, and sealing at rest.

Every function that touches the database takes the connection first, so that one transaction of
`store.database.Database.writing` can hold the work and the log entry that records it. The light
modules (`errors`, `rights`, `clock`, `message.states`, `log.events`' names) import no heavy library.
"""
