"""One region of the window each: widgets and binds, no decisions."""
