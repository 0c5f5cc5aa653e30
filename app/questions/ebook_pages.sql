-- A block for each call for a page that cost something, what was used first, so that each wasted
-- try is seen; work for the whole book is one block a stage. No rows if no call names a page.
with

calls as (
    select
        *,
        coalesce(stage, 'unattributed') as stage_name,
        -- An outcome is its whole operation's; what became of a failed try is that it failed.
        if(status = 'succeeded', coalesce(outcome, status), status) as what_became,
        case when page_number is not null then event_id else '' end as block_id
    from fct_attempts
    where coalesce(ebook_id, 'unattributed') = $ebook_id and cost_usd > 0
),

blocks as (
    select
        page_number,
        stage_name as stage,
        is_wasted,
        what_became,
        sum(cost_usd) as cost_usd,
        count(*) as call_count,
        min(started_at) as started_at
    from calls
    group by page_number, block_id, stage_name, is_wasted, what_became
)

select
    coalesce(cast(page_number as varchar), 'book') as page,
    stage,
    is_wasted,
    what_became,
    cost_usd,
    call_count,
    row_number() over (partition by page_number order by is_wasted, started_at, stage) as block_rank
from blocks
where (select count(calls.page_number) from calls) > 0
order by page_number nulls last, block_rank
