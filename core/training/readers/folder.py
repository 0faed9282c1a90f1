"""A folder of videos; sub-folders are classes. What a folder is taken for unless it is known."""

from __future__ import annotations

from core.training.readers import LAYOUTS, PLAIN, Listed, Place
from core.training.readers.tree import split_and_class
from core.training.readers.video_files import SUFFIXES, VideoFiles


@LAYOUTS.register(PLAIN)
class Folder(VideoFiles):
    """[train | val | test]/[class]/…/video"""

    def recognises(self, place: Place) -> bool:
        return bool(place.tree.ending(*SUFFIXES))

    def listed(self, place: Place) -> list[Listed]:
        tree, videos = place.tree, []
        for file in tree.files if tree.single else tree.ending(*SUFFIXES):
            split, label = split_and_class(file)
            videos.append(Listed(tree.root / file, str(file), label, split))
        return videos
