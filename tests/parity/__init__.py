"""Comparison with golden vectors: `python -m tests.parity DIR`."""
