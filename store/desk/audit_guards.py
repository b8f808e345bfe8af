"""Guard rails around the trail inside the database: no record is changed or taken out, none put in but the next.

They stop a careless hand, a faulty programme and whoever may write rows and not alter the schema. Whoever can alter the
schema takes them down: the proof is the chain, and a checkpoint kept elsewhere, never these.
A migration that copies the table (SQLite does most changes so) loses them, and must put them up again.
"""

from sqlalchemy import Connection

# Spelt out, each as a whole: `guards_stand` compares them letter by letter with what the database holds.
GUARDS = {
    "audit_no_update": """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail takes new records at its end, and nothing else'); END""",
    "audit_no_delete": """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail takes new records at its end, and nothing else'); END""",
    # Also stands in the way of INSERT OR REPLACE, which deletes without asking the trigger above.
    "audit_next_number": """CREATE TRIGGER audit_next_number BEFORE INSERT ON audit
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit trail takes new records at its end, and nothing else'); END""",
}


def make_guards(connection: Connection) -> None:
    """Put every guard up, anew if one is there. Only SQLite has them."""
    if connection.dialect.name == "sqlite":
        drop_guards(connection)
        for statement in GUARDS.values():
            connection.exec_driver_sql(statement)


def drop_guards(connection: Connection) -> None:
    """Take every guard down: for a migration."""
    if connection.dialect.name == "sqlite":
        for name in GUARDS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def guards_stand(connection: Connection) -> bool:
    """Tell whether every guard is there as it was put up. True where there are none to be."""
    if connection.dialect.name != "sqlite":
        return True
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all()
    found = {row.name: row.sql for row in rows}
    return all(found.get(name) == statement for name, statement in GUARDS.items())
