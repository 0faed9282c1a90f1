"""A training run as its folder shows it, to anyone who sees the folder; no torch is loaded."""
