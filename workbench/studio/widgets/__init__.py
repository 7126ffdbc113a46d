"""Widgets over what a model did: saliency of a prompt, maps of numbers, two of them compared.

Each is a plain value that draws itself three ways: alive (anywidget, its script inlined), as HTML
that stands still, and as a picture.
"""
