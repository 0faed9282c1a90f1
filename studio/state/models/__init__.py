"""Models: those that there are, those that are added, what is known of them."""
