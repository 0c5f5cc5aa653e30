-- What each stage of each finished ebook cost, rejections included: what estimates are made of. An
-- ebook is finished when every page has an accepted result; where nobody says what was accepted,
-- when its producer's run ended.

{{ config(materialized='incremental', unique_key='ebook_id') }}

with

ebook_costs as (
    select * from {{ ref('int_ebook_costs') }}
    where
        ebook_id <> 'unattributed'
        and kind is not null
        and page_count > 0
        and {{ touched('ebook_id') }}
),

stage_costs as (
    select * from {{ ref('fct_stage_costs') }}
    where {{ touched('ebook_id') }}
),

ebook_models as (
    select * from {{ ref('fct_ebook_model_costs') }}
    where {{ touched('ebook_id') }}
),

runs as (
    select
        ebook_id,
        max(finished_at) as finished_at
    from {{ ref('fct_run_totals') }}
    group by ebook_id
),

finished as (
    select
        ebook_costs.ebook_id,
        ebook_costs.kind,
        ebook_costs.page_count,
        ebook_costs.first_call_at as begun_at,
        coalesce(runs.finished_at, ebook_costs.last_call_at) as finished_at
    from ebook_costs
    left join runs on ebook_costs.ebook_id = runs.ebook_id
    where
        ebook_costs.accepted_page_count >= ebook_costs.page_count
        or (ebook_costs.accepted_page_count = 0 and runs.finished_at is not null)
),

model_costs as (
    select
        ebook_id,
        stage,
        canonical_model,
        row_number() over (
            partition by ebook_id, stage order by cost_usd desc, canonical_model
        ) as model_rank
    from ebook_models
),

staged as (
    select
        finished.ebook_id,
        stage_costs.stage,
        finished.kind,
        finished.page_count,
        finished.begun_at,
        finished.finished_at,
        -- Work of which nobody said the stage is for all that is known done page by page.
        stage_costs.page_count is not null or stage_costs.stage = 'unattributed' as is_per_page,
        model_costs.canonical_model as main_model,
        stage_costs.cost_usd
    from finished
    inner join stage_costs on finished.ebook_id = stage_costs.ebook_id
    left join model_costs
        on
            stage_costs.ebook_id = model_costs.ebook_id
            and stage_costs.stage = model_costs.stage
            and model_costs.model_rank = 1
)

select * from staged
