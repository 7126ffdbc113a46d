"""The engines, one file each: llama.cpp, transformers and MLX behind ``models.protocol.Engine``."""
