"""``python -m workbench``: the word ``workbench``, where it is not on the path."""

from workbench.cli.entry import main

if __name__ == "__main__":
    main()
