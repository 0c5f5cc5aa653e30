"""What a schedule runs: every step of a day's work once, and what a person must know of it."""
