"""What somebody might do to the tables under the log, so that entries are hidden although the chain holds."""

from tests.store.log.log_world import ENTRIES, MARKS, House


def hide_behind_a_view(house: House) -> int:
    bare = house.bare()
    bare.execute("ALTER TABLE log_entry RENAME TO log_kept")
    bare.execute(f"CREATE VIEW log_entry AS SELECT * FROM log_kept WHERE seq <> {house.entry(ENTRIES, ENTRIES)}")
    bare.close()
    return MARKS[-1] + 1


def watch_by_a_trigger(house: House) -> int:
    bare = house.bare()
    bare.execute(
        "CREATE TRIGGER quiet AFTER INSERT ON log_entry WHEN NEW.actor = 'op-999' "
        "BEGIN DELETE FROM log_entry WHERE seq = NEW.seq; END"
    )
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def take_the_guards_away(house: House) -> int:
    house.bare().close()
    return MARKS[-1] + 1


def hide_by_a_partial_index(house: House) -> int:
    bare, name = house.bare(), house.chance.choice(["actor", "object", "event"])
    bare.execute(f"DROP INDEX log_entry_{name}")
    bare.execute(f"CREATE INDEX log_entry_{name} ON log_entry ({name}, seq) WHERE seq <> {house.entry()}")
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def hide_by_a_broken_index(house: House) -> int:
    bare = house.bare()
    bare.execute("PRAGMA writable_schema = ON")
    bare.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, 'actor, seq', 'result, seq') WHERE name = 'log_entry_actor'"
    )
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1
