-- And no part of it is negative: lines are made of them.
{% set parts = [] %}
{% for bucket in meter_buckets() %}
    {% do parts.append("listed_" ~ bucket ~ "_cost_usd") %}
{% endfor %}

select
    event_id,
    listed_cost_usd
from {{ ref('fct_attempts') }}
where
    {{ touched('started_date') }}
    and (
        listed_cost_usd <> {{ parts | join('\n        + ') }}
        or least({{ parts | join(',\n            ') }}) < 0
    )
