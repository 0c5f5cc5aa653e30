select distinct year(date_utc) as year from fct_reconciliation_days
order by year desc
