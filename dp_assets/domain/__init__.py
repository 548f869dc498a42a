"""The demand-planning logic itself, free of orchestration.

Belongs here: pure functions over Polars, Arrow, NumPy and torch, and the typed configuration and table contracts.
Does not belong here: Dagster, environment variables, the clock, the network; a test proves that none is imported.
"""
