"""How long a generation takes on this device, and how much memory, from what was measured here."""
