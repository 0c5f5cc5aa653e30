-- Attempts of which the provider has a record of their own: what was told for each when it ended,
-- beside that record. The ledger takes the record where it has one.

with

attempts as (
    select * from {{ ref('fct_attempts') }}
    where generation_id is not null and source in ('live', 'legacy_database')
),

told as (
    select
        event_id,
        generation_id,
        started_date,
        {{ billed_date() }} as billed_date,
        coalesce(canonical_model, 'unknown') as canonical_model,
        reported_cost_usd as recorded_usd,
        coalesce(settled_cost_usd, exported_cost_usd) as provider_usd,
        case when settled_cost_usd is not null then 'generation' else 'activity_export' end
            as told_by
    from attempts
    where coalesce(settled_cost_usd, exported_cost_usd) is not null
),

compared as (
    select
        *,
        -- An export rounds to six places. Where the call told nothing, nothing contradicts.
        coalesce(
            abs(provider_usd - recorded_usd)
            <= case when told_by = 'activity_export' then 0.0000005 else 0 end,
            true
        ) as is_matched
    from told
)

select * from compared
