"""From landed bytes to unified rows: detection, mapping, reading, typing, filtering, and what a file counts for."""
