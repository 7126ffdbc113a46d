"""Several models, or several answers of one, that make one answer: ``ensemble/NAME``.

Each method is a virtual model (``models.virtual``) in a file of its own; ``[ensembles.NAME]`` in
``workbench.toml`` makes one.
"""
