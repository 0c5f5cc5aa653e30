"""The demo: a producer of colouring books, working as a real one would."""
