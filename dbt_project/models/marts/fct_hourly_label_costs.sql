-- What filters by label are asked of. A call has one set of labels, so that nothing counts twice,
-- whatever is chosen of it.

{{ config(materialized='incremental', unique_key='started_date') }}

with

usage as (
    select * from {{ ref('int_hourly_usage') }}
    where {{ touched('started_date') }}
),

measured as (
    select
        started_date,
        started_hour,
        ebook_id,
        stage,
        canonical_model,
        label_set,
        {{ summed_measures() }}
    from usage
    group by started_date, started_hour, ebook_id, stage, canonical_model, label_set
)

select * from measured
