"""Projects: their clips, their files, and what is left of them after a crash."""
