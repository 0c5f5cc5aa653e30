-- A disagreement is a fact about the data that people must see, so it does not hold the data back.
{{ config(severity = 'warn') }}

select *
from {{ ref('fct_run_totals') }}
where not is_agreed
