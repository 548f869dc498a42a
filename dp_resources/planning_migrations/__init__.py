"""Schema of the planning database, as Alembic revisions. Belongs here: one file per change of a table, never edited."""
