-- The provider's records are the measure: outside the days that they cover nothing is compared.
-- What differs is explained step by step, each step taking its part of what the steps before it
-- left, so that the parts sum to the whole.

with

compared as (
    select * from {{ ref('int_compared_days') }}
),

differences as (
    select
        *,
        provider_usd - ledger_usd as difference_usd,
        provider_requests - ledger_requests as missing_requests,
        -- Exports round each call to six places; doubles are read to twelve.
        rounded_count * cast(0.0000005 as decimal(18, 12))
        + greatest(provider_requests, ledger_requests) * cast(0.000000000001 as decimal(18, 12))
            as rounding_limit_usd
    from compared
    -- A request that was refused for nothing is on neither side.
    where provider_usd <> 0 or ledger_usd <> 0 or provider_requests <> 0 or ledger_requests <> 0
),

-- 1. A key that only one side has ever heard of explains all that differs on it.
other_keys as (
    select
        *,
        case when is_other_key then difference_usd else 0 end as other_key_usd,
        case when is_other_key then missing_requests else 0 end as other_key_requests
    from differences
),

-- 2. Generations that the provider tells one by one, and that the ledger has no attempt for. Where
-- attempts died without an id, some of them may be those.
known as (
    select
        *,
        case when is_other_key or open_without_id_count > 0 then 0 else untracked_usd end
            as known_usd,
        case when is_other_key or open_without_id_count > 0 then 0 else untracked_requests end
            as known_requests,
        provider_own_key_usd - ledger_own_key_usd as own_key_difference_usd
    from other_keys
),

-- 3. What providers charge to our own keys: told by the calls, and by the records estimated or not
-- at all. Where calls are missing or open besides, more of it is theirs.
own_keys as (
    select
        *,
        difference_usd - other_key_usd - known_usd as unexplained_1_usd,
        missing_requests - other_key_requests - known_requests as unexplained_1_requests,
        case
            when is_other_key then 0
            when provider_own_key_usd is null then -ledger_own_key_usd
            when own_key_difference_usd < -rounding_limit_usd then own_key_difference_usd
            when
                own_key_difference_usd > rounding_limit_usd
                and missing_requests = 0
                and open_count + estimated_count = 0
                then own_key_difference_usd
            else 0
        end as byok_usd
    from known
),

-- 4. As many requests on both sides, and less than their costs may be rounded by.
rounded as (
    select
        *,
        unexplained_1_usd - byok_usd as unexplained_2_usd,
        case
            when
                unexplained_1_requests = 0
                and abs(unexplained_1_usd - byok_usd) <= rounding_limit_usd
                then unexplained_1_usd - byok_usd
            else 0
        end as rounding_usd
    from own_keys
),

-- 5. The side that has less had not seen the day's end.
incomplete as (
    select
        *,
        unexplained_2_usd - rounding_usd as unexplained_3_usd,
        case
            when unexplained_1_requests = 0 and unexplained_2_usd = rounding_usd then false
            when unexplained_1_requests > 0 then is_ledger_day_open
            when unexplained_1_requests < 0 then is_provider_day_open
            when unexplained_2_usd > 0 then is_ledger_day_open
            else is_provider_day_open
        end as is_incomplete
    from rounded
),

-- 6. Calls of the ledger whose cost nobody has told yet. One that has no id is a request of the
-- provider's that the ledger does not count; requests beyond those are of calls that it has not.
open_calls as (
    select
        *,
        case when is_incomplete then unexplained_3_usd else 0 end as day_not_complete_usd,
        case when is_incomplete then unexplained_1_requests else 0 end as day_not_complete_requests,
        case when is_incomplete then 0 else unexplained_3_usd end as unexplained_4_usd,
        case when is_incomplete then 0 else unexplained_1_requests end as unexplained_4_requests,
        case
            when is_incomplete then 0
            else greatest(least(unexplained_1_requests, open_without_id_count), 0)
        end as not_settled_yet_requests,
        case
            when is_incomplete then 0
            else greatest(unexplained_1_requests - open_without_id_count, 0)
        end as counted_requests
    from incomplete
),

-- Of money that nobody tells apart, every call has the same share.
unsettled as (
    select
        *,
        case
            when unexplained_4_usd > 0 and open_count > 0 and counted_requests > 0
                then
                    {{ usd_per('unexplained_4_usd * open_count', 'open_count + counted_requests') }}
            when unexplained_4_usd > 0 and counted_requests = 0 and open_count + estimated_count > 0
                then unexplained_4_usd
            -- An estimate may have been too much; a cost that is unknown was never too much.
            when unexplained_4_usd < 0 and estimated_count > 0 then unexplained_4_usd
            else 0
        end as not_settled_yet_usd
    from open_calls
),

-- 7. The provider's requests beyond all that.
untracked as (
    select
        *,
        case
            when unexplained_4_usd > 0 and counted_requests > 0
                then unexplained_4_usd - not_settled_yet_usd
            else 0
        end as counted_usd
    from unsettled
),

final as (
    select
        date_utc,
        canonical_model,
        api_key,
        ledger_usd,
        provider_usd,
        ledger_requests,
        provider_requests,
        difference_usd,
        missing_requests,
        provider_usd = ledger_usd and provider_requests = ledger_requests as is_balanced,
        cast(known_usd + counted_usd as decimal(38, 12)) as untracked_call_usd,
        cast(other_key_usd as decimal(38, 12)) as other_key_usd,
        cast(not_settled_yet_usd as decimal(38, 12)) as not_settled_yet_usd,
        cast(day_not_complete_usd as decimal(38, 12)) as day_not_complete_usd,
        cast(byok_usd as decimal(38, 12)) as byok_usd,
        cast(rounding_usd as decimal(38, 12)) as rounding_usd,
        cast(unexplained_4_usd - not_settled_yet_usd - counted_usd as decimal(38, 12))
            as unexplained_usd,
        cast(known_requests + counted_requests as bigint) as untracked_call_requests,
        cast(other_key_requests as bigint) as other_key_requests,
        cast(not_settled_yet_requests as bigint) as not_settled_yet_requests,
        cast(day_not_complete_requests as bigint) as day_not_complete_requests,
        cast(0 as bigint) as byok_requests,
        cast(0 as bigint) as rounding_requests,
        cast(unexplained_4_requests - not_settled_yet_requests - counted_requests as bigint)
            as unexplained_requests
    from untracked
)

select * from final
