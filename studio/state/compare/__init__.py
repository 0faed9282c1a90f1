"""Two pictures or two models beside each other."""
