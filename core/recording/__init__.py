"""Footage that we make ourselves, free to train on and to ship."""
