"""JupyterLab for several people: its files and notebooks are live pages, under the same rights.

The Jupyter server asks ``doorkeeper`` before any of its addresses is reached; what is typed goes
to the desk of live pages, and from there into the file.
"""
