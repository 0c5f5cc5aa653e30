-- A gate: off without its variable. `inkledger build --max-rise PERCENT` sets it. Only ebooks of
-- the newest month are held against it: what rose in an earlier one can no longer be changed.
{{ config(
    enabled=var('max_rise_percent', none) is not none,
    store_failures=true,
) }}

select
    ebook_id,
    rise_percent,
    cost_per_accepted_page_usd,
    previous_cost_per_accepted_page_usd
from {{ ref('fct_page_cost_rises') }}
where
    is_newest_month
    and rise_percent > cast('{{ var("max_rise_percent", "0") }}' as decimal(38, 12))
order by rise_percent desc, ebook_id
