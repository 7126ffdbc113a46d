"""Bringing devices to a version: what a folder offers, and the device side as operations."""
