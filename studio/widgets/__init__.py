"""Reusable controls: they draw, and say what the person did; they know nothing of a project."""
