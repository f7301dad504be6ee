"""`python -m assistant` is the command line."""

from assistant.command import main

if __name__ == "__main__":
    main()
