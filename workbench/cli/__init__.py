"""The command line: ``workbench <room> <verb>``, made from the operations.

Nothing here has logic of its own: a command parses, calls the operation and prints the result.
"""
