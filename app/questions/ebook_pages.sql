-- Every try for a page that cost something, in the order of the tries, what was used first; work
-- for the whole book is page `book`. No rows if no call names a page.
with

calls as (
    select
        event_id,
        page_number,
        coalesce(stage, 'unattributed') as stage,
        coalesce(canonical_model, 'unknown') as model,
        is_wasted,
        -- An outcome is its whole operation's; what became of a failed try is that it failed.
        if(status = 'succeeded', coalesce(outcome, status), status) as what_became,
        cost_usd,
        started_at
    from fct_attempts
    where coalesce(ebook_id, 'unattributed') = $ebook_id and cost_usd > 0
),

-- A large ebook's tries are drawn together, by page, stage and fate.
tries as (
    select
        *,
        if((select count(*) from calls) > 3000 or page_number is null, '', event_id) as try_id
    from calls
),

blocks as (
    select
        page_number,
        stage,
        is_wasted,
        what_became,
        sum(cost_usd) as cost_usd,
        count(*) as call_count,
        min(started_at) as started_at
    from tries
    group by page_number, try_id, stage, is_wasted, what_became
)

select
    coalesce(cast(page_number as varchar), 'book') as page,
    stage,
    is_wasted,
    what_became,
    cost_usd,
    call_count,
    row_number() over (partition by page_number order by is_wasted, started_at, stage) as block_rank,
    sum(cost_usd) over (partition by page_number) as page_cost_usd
from blocks
where (select count(calls.page_number) from calls) > 0
order by page_number nulls last, block_rank
