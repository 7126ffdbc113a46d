"""What the word ``workbench`` starts: Ctrl-C is answered in a word from the first moment.

Nothing is imported here before the ``try``: half a second of imports is when a typing mistake is
seen and stopped.
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from workbench.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    run()
