"""Generations: asked for, waiting, running, kept, listed and shown in the clip."""
