"""Whether the champion of a cycle still fits: what changed since it was trained."""
