-- A gate: open without its variable. `inkledger build --max-rise PERCENT` sets it. Only ebooks of
-- the newest month are held against it: what rose in an earlier one can no longer be changed.
{% set highest = var('max_rise_percent', none) %}
{{ config(store_failures=highest is not none) }}

select
    ebook_id,
    rise_percent,
    cost_per_accepted_page_usd,
    previous_cost_per_accepted_page_usd
from {{ ref('fct_page_cost_rises') }}
where
    is_newest_month
    {% if highest is none %}
        and false
    {% else %}
        and rise_percent > cast('{{ highest }}' as decimal(38, 12))
    {% endif %}
order by rise_percent desc, ebook_id
