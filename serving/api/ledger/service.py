"""The audit ledger over HTTP. Does not belong here: HTTP (`endpoints.py`), how rows are found (`ledger_search.py`)."""

from __future__ import annotations

from dp_assets.domain.access import Permission, Principal
from serving.api.cursors import page
from serving.api.ledger.schemas import LedgerQuery
from serving.api.questions import Answer
from serving.desk import Desk


def search(desk: Desk, principal: Principal, query: LedgerQuery) -> Answer:
    """The answer of `Ledger`. Rows about users and keys are for those who manage them.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    from dp_resources.ledger_search import Search, actions_of, numbers_of, rows_of

    database, with_accounts = desk.database, principal.may(Permission.ADMINISTER)
    filters = query.model_dump(exclude={"cursor", "limit"})
    wanted = Search(**filters, with_accounts=with_accounts)
    numbers, version = numbers_of(database, wanted), str(database.head().sequence)
    part = page(range(len(numbers)), lambda row: [-numbers[row]], query.limit, query.cursor, version, wanted)
    return {
        "version": version,
        "total": len(numbers),
        "changed": part.changed,
        "next": part.next,
        "actions": actions_of(database, with_accounts),
        "rows": [vars(row) for row in rows_of(database, [numbers[row] for row in part.rows])],
    }
