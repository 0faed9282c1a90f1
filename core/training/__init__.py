"""Training: a recipe and a folder of videos → a model bundle."""
