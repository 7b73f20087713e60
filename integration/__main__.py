"""`python -m integration` is `tandem`."""

from integration.cli import main

if __name__ == "__main__":
    main()
