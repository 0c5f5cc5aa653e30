"""What sqlfluff sees in place of dbt's `model`: the node that is compiled."""

resource_type = "model"
