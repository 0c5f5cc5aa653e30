-- What each finished ebook would have been estimated at before its first call, from the newest
-- thirty ebooks of its kind that were finished by then, and whether the 80 % interval held.
-- `inkledger estimate` follows the same rule, which is free of any assumption but that books of a
-- kind are alike: of n + 1 such books the next lies above the k-th cheapest and below the k-th
-- dearest of the others with a probability of 1 − 2k / (n + 1); k is the largest that leaves eight
-- tenths, and below nine books there is none. Of each kind the newest 500 are tested, so that a
-- build takes no longer as the history grows.

with

stages as (
    select * from {{ ref('fct_finished_stage_costs') }}
),

ebooks as (
    select
        ebook_id,
        kind,
        page_count,
        begun_at,
        finished_at,
        sum(cost_usd) as actual_cost_usd,
        row_number() over (partition by kind order by finished_at, ebook_id) as place,
        count(*) over (partition by kind) as ebook_count
    from stages
    group by ebook_id, kind, page_count, begun_at, finished_at
),

-- How many were finished before each began, told by counting along the time line.
moments as (
    select
        kind,
        ebook_id,
        begun_at as happened_at,
        0 as finished_count
    from ebooks
    union all
    select
        kind,
        null as ebook_id,
        finished_at as happened_at,
        1 as finished_count
    from ebooks
),

counted as (
    select
        ebook_id,
        sum(finished_count) over (
            partition by kind
            -- What was finished at the very instant was not known yet.
            order by happened_at, finished_count
            rows between unbounded preceding and current row
        ) as known_count
    from moments
),

asked as (
    select
        ebooks.*,
        cast(counted.known_count as bigint) as known_count,
        cast(least(counted.known_count, 30) as bigint) as history_count
    from ebooks
    inner join counted on ebooks.ebook_id = counted.ebook_id
    where ebooks.place > ebooks.ebook_count - 500
),

scaled as (
    select
        asked.ebook_id,
        earlier.ebook_id as earlier_ebook_id,
        sum(
            case
                when stages.is_per_page
                    then {{ prorated_usd(
                        'stages.cost_usd', 'asked.page_count', 'stages.page_count'
                    ) }}
                else stages.cost_usd
            end
        ) as cost_usd
    from asked
    inner join ebooks as earlier
        on
            asked.kind = earlier.kind
            and asked.known_count >= earlier.place
            and asked.known_count - asked.history_count < earlier.place
    inner join stages on earlier.ebook_id = stages.ebook_id
    where asked.history_count >= 9
    group by asked.ebook_id, earlier.ebook_id
),

ranked as (
    select
        scaled.ebook_id,
        scaled.cost_usd,
        asked.history_count,
        (asked.history_count + 1) // 10 as outer_rank,
        row_number() over (
            partition by scaled.ebook_id order by scaled.cost_usd, scaled.earlier_ebook_id
        ) as cost_rank
    from scaled
    inner join asked on scaled.ebook_id = asked.ebook_id
),

estimated as (
    select
        ebook_id,
        {{ usd_per(
            'sum(case when cost_rank in ((history_count + 1) // 2, history_count // 2 + 1) then cost_usd end)',
            'count(case when cost_rank in ((history_count + 1) // 2, history_count // 2 + 1) then 1 end)',
        ) }} as median_cost_usd,
        max(case when cost_rank = outer_rank then cost_usd end) as low_cost_usd,
        max(case when cost_rank = history_count + 1 - outer_rank then cost_usd end) as high_cost_usd
    from ranked
    group by ebook_id
),

judged as (
    select
        asked.ebook_id,
        asked.kind,
        asked.page_count,
        asked.begun_at,
        asked.history_count,
        cast(estimated.median_cost_usd as decimal(38, 12)) as median_cost_usd,
        cast(estimated.low_cost_usd as decimal(38, 12)) as low_cost_usd,
        cast(estimated.high_cost_usd as decimal(38, 12)) as high_cost_usd,
        cast(asked.actual_cost_usd as decimal(38, 12)) as actual_cost_usd,
        asked.actual_cost_usd between estimated.low_cost_usd and estimated.high_cost_usd as has_held
    from asked
    left join estimated on asked.ebook_id = estimated.ebook_id
)

select * from judged
