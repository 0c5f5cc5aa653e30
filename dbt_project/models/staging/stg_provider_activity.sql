-- The same day comes in many snapshots: exported again, exported for one key or for some models,
-- pulled and exported.
-- A day's counts only grow, so of two snapshots of it the one with more requests is the newer.
-- Nothing here depends on the order in which snapshots landed.

with

source as (
    select
        *,
        coalesce(api_key_name, '') as api_key,
        coalesce(provider_name, '') as provider,
        -- A snapshot that tells keys apart and one that does not describe the same requests.
        concat(
            source,
            case
                when count(api_key_name) over (partition by snapshot_id) > 0 then '_by_key'
                else ''
            end
        ) as source_kind
    from {{ source('lake', 'provider_activity') }}
),

snapshots as (
    select
        source_kind,
        activity_date,
        api_key,
        model,
        provider,
        snapshot_id,
        sum(request_count) as request_count,
        sum(usage_usd) as usage_usd
    from source
    group by source_kind, activity_date, api_key, model, provider, snapshot_id
),

ranked_snapshots as (
    select
        *,
        row_number() over (
            partition by source_kind, activity_date, api_key, model, provider
            order by request_count desc, usage_usd desc, snapshot_id
        ) as snapshot_rank
    from snapshots
),

newest_snapshots as (
    select * from ranked_snapshots
    where snapshot_rank = 1
),

ranked_kinds as (
    select
        activity_date,
        source_kind,
        row_number() over (
            partition by activity_date
            order by sum(request_count) desc, sum(usage_usd) desc, source_kind
        ) as kind_rank
    from newest_snapshots
    group by activity_date, source_kind
),

fullest_kinds as (
    select * from ranked_kinds
    where kind_rank = 1
),

chosen as (
    select source.*
    from source
    inner join newest_snapshots
        on
            source.source_kind = newest_snapshots.source_kind
            and source.activity_date = newest_snapshots.activity_date
            and source.api_key = newest_snapshots.api_key
            and source.model = newest_snapshots.model
            and source.provider = newest_snapshots.provider
            and source.snapshot_id = newest_snapshots.snapshot_id
    inner join fullest_kinds
        on
            source.activity_date = fullest_kinds.activity_date
            and source.source_kind = fullest_kinds.source_kind
),

renamed as (
    select
        snapshot_id,
        source,
        activity_date,
        model,
        provider_name,
        api_key_name,
        usage_usd,
        byok_usage_usd,
        {{ sensible_count('request_count') }},
        {{ sensible_count('input_tokens') }},
        {{ sensible_count('output_tokens') }},
        {{ sensible_count('reasoning_tokens') }},
        landed_at
    from chosen
)

select * from renamed
