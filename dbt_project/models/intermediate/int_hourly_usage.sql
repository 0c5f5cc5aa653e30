-- What every sum is made of: attempts are read once, and the days of which nothing was touched are
-- not read again.

{{ config(materialized='incremental', unique_key='started_date') }}

with

attempts as (
    select
        *,
        date_trunc('hour', started_at) as started_hour
    from {{ ref('fct_attempts') }}
    where {{ touched('started_date') }}
),

measured as (
    select
        started_date,
        started_hour,
        coalesce(ebook_id, 'unattributed') as ebook_id,
        coalesce(stage, 'unattributed') as stage,
        page_number,
        coalesce(canonical_model, 'unknown') as canonical_model,
        coalesce(provider_name, 'unknown') as provider_name,
        {{ label_set() }} as label_set,
        {{ attempt_measures() }},
        count(case when cost_source = 'settled' then 1 end) as settled_count,
        count(case when outcome = 'accepted' then 1 end) as accepted_count,
        cast(coalesce(sum(cache_read_tokens), 0) as bigint) as cache_read_tokens,
        cast(coalesce(sum(cache_write_tokens), 0) as bigint) as cache_write_tokens,
        cast(coalesce(sum(reasoning_tokens), 0) as bigint) as reasoning_tokens,
        cast(coalesce(sum(output_image_tokens), 0) as bigint) as output_image_tokens,
        cast(coalesce(sum(input_image_count), 0) as bigint) as input_image_count,
        cast(coalesce(sum(web_search_count), 0) as bigint) as web_search_count
    from attempts
    group by
        started_date,
        started_hour,
        coalesce(ebook_id, 'unattributed'),
        coalesce(stage, 'unattributed'),
        page_number,
        coalesce(canonical_model, 'unknown'),
        coalesce(provider_name, 'unknown'),
        label_set
)

select * from measured
