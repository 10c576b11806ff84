"""The store: messages and their rules, people, the peer register, the log, and sealing at rest.

Every function that touches the database takes the connection as its first argument, so that one transaction of
`store.database.Database.writing` holds both the work and the log entry that records it. The light modules (`errors`,
`rights`, `clock`, `endings`, `message.states`, the names in `log.events`) import no heavy library.
"""
