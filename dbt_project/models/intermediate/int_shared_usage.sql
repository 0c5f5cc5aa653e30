-- A call for no one ebook is shared if it names several, or else a series in its label.

{{ config(materialized='incremental', unique_key='started_date') }}

with

attempts as (
    select
        *,
        nullif(trim({{ label('series') }}), '') as series
    from {{ ref('fct_attempts') }}
    where
        {{ touched('started_date') }}
        and ebook_id is null
        and (ebook_ids is not null or labels is not null)
),

shared as (
    select
        *,
        case when ebook_ids is not null then 'ebooks' else 'series' end as shared_among,
        coalesce(ebook_ids, series) as shared_by
    from attempts
),

measured as (
    select
        started_date,
        shared_among,
        shared_by,
        coalesce(stage, 'unattributed') as stage,
        {{ attempt_measures() }}
    from shared
    where shared_by is not null
    group by
        started_date,
        shared_among,
        shared_by,
        coalesce(stage, 'unattributed')
)

select * from measured
