-- A gate: off without its variable. `inkledger build --max-cost-per-accepted-page USD` sets it.
{{ config(
    enabled=var('max_cost_per_accepted_page_usd', none) is not none,
    store_failures=true,
) }}

select
    ebook_id,
    cost_per_accepted_page_usd
from {{ ref('fct_page_cost_rises') }}
where
    cost_per_accepted_page_usd
    > cast('{{ var("max_cost_per_accepted_page_usd", "0") }}' as decimal(38, 12))
order by cost_per_accepted_page_usd desc, ebook_id
