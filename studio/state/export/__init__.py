"""An export: its choice, its pictures, what stands in the way."""
