"""What is painted on the clip, and how it gets there."""
