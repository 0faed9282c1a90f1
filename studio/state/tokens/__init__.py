"""The tokens of a take: looked at, marked, and decided again."""
