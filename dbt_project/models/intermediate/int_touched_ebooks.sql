{{ config(materialized='table') }}

-- The ebooks of which rows are made anew: those of the touched events, alone or with others, and
-- those that were described or finished since the last build. What an ebook bears of shared calls
-- is nothing of this: it changes with every ebook of its series, and is told when it is asked for.

-- depends_on: {{ ref('int_touched_events') }}

with

{% if is_restating() %}

    {# A run may have been told of another ebook before. #}
    touched as (
        select ebook_id from {{ ref('int_touched_events') }}
        union
        select {{ each_text('ebook_ids') }} as ebook_id from {{ touched_lake('usage_events') }}
        union
        select ebook_id from {{ new_rows('ebooks') }}
        union
        select ebook_id from {{ new_rows('control_totals') }}
        union
        select ebook_id from {{ last_build_of('fct_run_totals') }}
        where run_id in (select run_id from {{ new_rows('control_totals') }})
    )

{% else %}

    touched as (
        select ebook_id from {{ touched_lake('usage_events') }}
        where false
    )

{% endif %}

select * from touched
where ebook_id is not null
