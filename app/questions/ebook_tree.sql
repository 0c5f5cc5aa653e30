-- What each stage, each model in it (depth 2) and each attempt of that (depth 3) cost. Of the
-- attempts of a model those after the 60 dearest are one.
with

calls as (
    select
        coalesce(stage, 'unattributed') as stage,
        coalesce(canonical_model, 'unknown') as model,
        'page ' || coalesce(cast(page_number as varchar), '–') || ', '
        || if(status = 'succeeded', coalesce(outcome, status), status) as attempt_name,
        cost_usd,
        row_number() over (
            partition by stage, canonical_model order by cost_usd desc, event_id
        ) as cost_rank
    from fct_attempts
    where coalesce(ebook_id, 'unattributed') = $ebook_id and cost_usd > 0
),

named as (
    select
        stage,
        model,
        if(cost_rank <= 60, attempt_name || ' · ' || cost_rank, 'all others') as attempt,
        cost_usd
    from calls
)

select
    stage,
    model,
    attempt,
    3 - grouping(model) - grouping(attempt) as depth,
    sum(cost_usd) as cost_usd
from named
group by grouping sets ((stage), (stage, model), (stage, model, attempt))
order by depth, cost_usd desc, stage, model, attempt
