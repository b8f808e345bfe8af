"""The one schema of the reviewer host, which every module of tables adds to (store.desk.tables has them all)."""

from sqlalchemy import MetaData

metadata = MetaData()
