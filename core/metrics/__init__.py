"""How good generated clips are."""
