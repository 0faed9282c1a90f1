"""Foreign checkpoints: pure maps from their keys and tensors to ours, one file each."""
