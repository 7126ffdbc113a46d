"""Files that hold models: GGUF read and written, Hugging Face folders, adapters' records.

Engines read folders; what comes as a GGUF is converted once, in ``convert``.
"""
