"""Build the warehouse with dbt, publish it, and read reports from it. No cost is decided here."""
