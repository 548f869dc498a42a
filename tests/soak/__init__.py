"""The platform running itself for twelve simulated weeks; see test_twelve_weeks.py."""
