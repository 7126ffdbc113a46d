"""What runs on the device: it needs Python 3.11 and one runtime (xllamacpp), and nothing else.

This package imports nothing of the rest of Workbench and is carried in every bundle, under the
name ``edge_device``: ``python BUNDLE --help`` runs it out of the bundle itself. The side that makes
bundles imports the same files, so that both agree on every byte.
"""
