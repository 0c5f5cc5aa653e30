select * from fct_ledger_status
