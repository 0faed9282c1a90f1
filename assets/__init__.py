"""Icons, sample clips and starter models. Data only; `core.assets.asset` finds it."""
