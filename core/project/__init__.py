"""Projects: a folder with clips, what is painted on them, and what was generated."""
