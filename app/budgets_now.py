"""`python -m app.budgets_now`: how every budget stands now, as JSON, for a schedule to watch.

The calendar is that of INKLEDGER_TIME_ZONE. Ends with a sentence and code 1 if it cannot be told.
"""

import json
import sys

from app.budgets import BudgetsUnreadable, read_budgets, spent_of
from app.home import published_warehouse
from app.view import operators_view
from app.warehouse import WarehouseMissing, WarehouseUnreadable


def main() -> None:
    """Print a list: `name`, `per`, `since` (its period's first instant), `state`, `sentence`."""
    try:
        budgets = read_budgets(published_warehouse().parent / "budgets.toml")
        view = operators_view()
        standing = [spent_of(budget, view) for budget in budgets]
    except (BudgetsUnreadable, WarehouseMissing, WarehouseUnreadable) as error:
        sys.exit(str(error))
    rows = [
        {
            "name": spent.budget.name,
            "per": spent.budget.per,
            "since": spent.budget.seen_from(view).since.isoformat(),
            "state": spent.state,
            "sentence": f"Budget {spent.told().removeprefix('Budget ')}.",
        }
        for spent in standing
    ]
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    main()
