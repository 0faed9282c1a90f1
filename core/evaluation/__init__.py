"""Measuring a model on footage: in chunks of clips, resumable, over processes; and the report."""
