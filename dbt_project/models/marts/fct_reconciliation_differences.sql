with

days as (
    select * from {{ ref('fct_reconciliation_days') }}
),

told_apart as (
    {% for class in difference_classes() %}
        select
            date_utc,
            canonical_model,
            api_key,
            '{{ class }}' as difference_class,
            {{ class }}_usd as amount_usd,
            {{ class }}_requests as requests
        from days
        where {{ class }}_usd <> 0 or {{ class }}_requests <> 0
        {{ "union all" if not loop.last }}
    {% endfor %}
),

judged as (
    select
        *,
        -- Billed, and in no attempt of the ledger, whatever the reason.
        difference_class in ('untracked_call', 'other_key', 'day_not_complete')
        and amount_usd >= 0
        and requests > 0 as is_untracked
    from told_apart
)

select * from judged
