"""The open clip: its frames, where it stands, its canvas and working window, what is seen of it."""
