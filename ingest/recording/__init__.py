"""Recording: every attempt is written down before it leaves and when it ends."""
