"""Video in and out: files and image folders to frames, frames to files."""
