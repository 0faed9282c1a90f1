"""Everything but the window: media, masks, models, decoders, training and the engine."""

import os

# Threads that wait for each other sleep instead of spinning. Where another program takes one of the
# cores, spinning makes a network several times slower; on idle cores it gains little. It is read
# once, when torch is loaded, so it must stand here; a user's own setting wins.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
