"""Pictures in Dagster metadata. Belongs here: laying out what was computed. Does not belong here: computing it."""
