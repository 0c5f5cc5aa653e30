-- The same day comes in many snapshots: exported again, exported for one key or for some models,
-- pulled and exported.
-- A day's counts only grow, so of two snapshots of it the one with more requests is the newer.
-- Nothing here depends on the order in which snapshots landed.

{{ config(materialized='table') }}

with

source as (
    select
        *,
        coalesce(provider_name, '') as provider,
        case
            when api_key_hash is not null then 'part'
            else 'whole'
        end as told_as,
        max(activity_date) over (partition by snapshot_id) as snapshot_last_date
    from {{ source('lake', 'provider_activity') }}
),

-- A pull asks for the whole account first and then for each of our keys: those are parts of it.
summed as (
    select
        snapshot_id,
        activity_date,
        model,
        provider,
        told_as,
        sum(usage_usd) as usage_usd,
        sum(byok_usage_usd) as byok_usage_usd,
        sum(request_count) as request_count,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(reasoning_tokens) as reasoning_tokens
    from source
    where source = 'activity_api'
    group by snapshot_id, activity_date, model, provider, told_as
),

less_parts as (
    select
        wholes.snapshot_id,
        wholes.activity_date,
        wholes.model,
        wholes.provider,
        wholes.usage_usd - coalesce(parts.usage_usd, 0) as usage_usd,
        wholes.byok_usage_usd - coalesce(parts.byok_usage_usd, 0) as byok_usage_usd,
        wholes.request_count - coalesce(parts.request_count, 0) as request_count,
        wholes.input_tokens - coalesce(parts.input_tokens, 0) as input_tokens,
        wholes.output_tokens - coalesce(parts.output_tokens, 0) as output_tokens,
        wholes.reasoning_tokens - coalesce(parts.reasoning_tokens, 0) as reasoning_tokens
    from summed as wholes
    left join summed as parts
        on
            wholes.snapshot_id = parts.snapshot_id
            and wholes.activity_date = parts.activity_date
            and wholes.model = parts.model
            and wholes.provider = parts.provider
            and parts.told_as = 'part'
    where wholes.told_as = 'whole'
),

asked_by_key as (
    select distinct snapshot_id
    from summed
    where told_as = 'part'
),

-- Parts that are more than their whole are none: whoever answered took no notice of the key.
told_by_key as (
    select
        less_parts.snapshot_id,
        less_parts.activity_date
    from less_parts
    inner join asked_by_key on less_parts.snapshot_id = asked_by_key.snapshot_id
    group by less_parts.snapshot_id, less_parts.activity_date
    having min(less_parts.request_count) >= 0 and min(less_parts.usage_usd) > -0.000001
),

told as (
    select
        source.*,
        false as is_other_keys
    from source
    left join told_by_key
        on
            source.snapshot_id = told_by_key.snapshot_id
            and source.activity_date = told_by_key.activity_date
    where (told_by_key.snapshot_id is null) = (source.told_as = 'whole')
),

landings as (
    select
        snapshot_id,
        max(snapshot_last_date) as snapshot_last_date,
        max(landed_at) as landed_at
    from source
    group by snapshot_id
),

-- What is left of the whole was spent on keys that the ledger has made no call with.
other_keys as (
    select
        less_parts.snapshot_id,
        less_parts.activity_date,
        less_parts.model,
        less_parts.provider,
        less_parts.usage_usd,
        less_parts.byok_usage_usd,
        less_parts.request_count,
        less_parts.input_tokens,
        less_parts.output_tokens,
        less_parts.reasoning_tokens,
        landings.snapshot_last_date,
        landings.landed_at
    from less_parts
    inner join told_by_key
        on
            less_parts.snapshot_id = told_by_key.snapshot_id
            and less_parts.activity_date = told_by_key.activity_date
    inner join landings
        on less_parts.snapshot_id = landings.snapshot_id
    -- A sum of doubles is not the double of a sum: less than a request is nothing.
    where less_parts.request_count > 0
),

disjoint as (
    select
        snapshot_id,
        source,
        activity_date,
        model,
        provider_name,
        api_key_name,
        api_key_hash,
        is_other_keys,
        usage_usd,
        byok_usage_usd,
        request_count,
        input_tokens,
        output_tokens,
        reasoning_tokens,
        snapshot_last_date,
        landed_at
    from told
    union all
    select
        snapshot_id,
        'activity_api' as source,
        activity_date,
        model,
        nullif(provider, '') as provider_name,
        null as api_key_name,
        null as api_key_hash,
        true as is_other_keys,
        usage_usd,
        byok_usage_usd,
        request_count,
        input_tokens,
        output_tokens,
        reasoning_tokens,
        snapshot_last_date,
        landed_at
    from other_keys
),

-- A snapshot that tells keys apart and one that does not describe the same requests.
sorted_by_kind as (
    select
        *,
        concat(
            source,
            case
                when
                    count(coalesce(api_key_hash, api_key_name))
                        over (
                            partition by snapshot_id, activity_date
                        )
                    > 0 then '_by_key'
                else ''
            end
        ) as source_kind,
        -- An export may be of one key or of some models; what was pulled is the day as a whole.
        case
            when source = 'activity_api' then ''
            else concat(
                    coalesce(api_key_name, ''), chr(31), model, chr(31), coalesce(provider_name, '')
                )
        end as part
    from disjoint
),

snapshots as (
    select
        source_kind,
        activity_date,
        part,
        snapshot_id,
        sum(request_count) as request_count,
        sum(usage_usd) as usage_usd,
        count(distinct api_key_hash) as key_count
    from sorted_by_kind
    group by source_kind, activity_date, part, snapshot_id
),

ranked_snapshots as (
    select
        *,
        row_number() over (
            partition by source_kind, activity_date, part
            order by request_count desc, key_count desc, usage_usd desc, snapshot_id
        ) as snapshot_rank
    from snapshots
),

newest_snapshots as (
    select * from ranked_snapshots
    where snapshot_rank = 1
),

-- Of kinds that count as many requests, the one that says more: exports are rounded.
ranked_kinds as (
    select
        activity_date,
        source_kind,
        row_number() over (
            partition by activity_date
            order by
                sum(request_count) desc,
                case source_kind
                    when 'activity_api_by_key' then 1
                    when 'activity_api' then 2
                    when 'activity_export_by_key' then 3
                    else 4
                end
        ) as kind_rank
    from newest_snapshots
    group by activity_date, source_kind
),

fullest_kinds as (
    select * from ranked_kinds
    where kind_rank = 1
),

chosen as (
    select sorted_by_kind.*
    from sorted_by_kind
    inner join newest_snapshots
        on
            sorted_by_kind.source_kind = newest_snapshots.source_kind
            and sorted_by_kind.activity_date = newest_snapshots.activity_date
            and sorted_by_kind.part = newest_snapshots.part
            and sorted_by_kind.snapshot_id = newest_snapshots.snapshot_id
    inner join fullest_kinds
        on
            sorted_by_kind.activity_date = fullest_kinds.activity_date
            and sorted_by_kind.source_kind = fullest_kinds.source_kind
),

renamed as (
    select
        snapshot_id,
        source,
        activity_date,
        model,
        provider_name,
        api_key_name,
        api_key_hash,
        is_other_keys,
        usage_usd,
        byok_usage_usd,
        {{ sensible_count('request_count') }},
        {{ sensible_count('input_tokens') }},
        {{ sensible_count('output_tokens') }},
        {{ sensible_count('reasoning_tokens') }},
        snapshot_last_date,
        landed_at
    from chosen
)

select * from renamed
