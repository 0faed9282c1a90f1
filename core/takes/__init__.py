"""Takes on the disk: what was asked, every step and the result, so that nothing is lost by a crash.

A take is one generation. Its folder has

    take.json        what a list of takes shows (`card`)
    request.json     what was asked, with masks and states
    contents.json    which steps and results there are, and where their arrays lie (`contents`)
    contents-N.bin   these arrays, one after the other
    settled.bin      frames of a result longer than one window that change no more
    poster-V.jpg     a picture of each variation, and its frames (`film`)
    film-V-N.jpg
"""
