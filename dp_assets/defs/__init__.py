"""The Dagster layer, one file per stage in the order data flows; each has `build(project)` that defines its assets."""
