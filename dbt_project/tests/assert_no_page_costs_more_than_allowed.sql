-- A gate: open without its variable. `inkledger build --max-cost-per-accepted-page USD` sets it.
{% set highest = var('max_cost_per_accepted_page_usd', none) %}
{{ config(store_failures=highest is not none) }}

select
    ebook_id,
    cost_per_accepted_page_usd
from {{ ref('fct_page_cost_rises') }}
where
    {% if highest is none %}
        false
    {% else %}
        cost_per_accepted_page_usd > cast('{{ highest }}' as decimal(38, 12))
    {% endif %}
order by cost_per_accepted_page_usd desc, ebook_id
