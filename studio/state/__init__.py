"""What the window shows: observable objects without widgets."""
