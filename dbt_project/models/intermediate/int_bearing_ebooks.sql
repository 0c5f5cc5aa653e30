with

shared_groups as (
    select distinct
        shared_among,
        shared_by
    from {{ ref('int_shared_usage') }}
),

ebooks as (
    select * from {{ ref('stg_ebooks') }}
),

named as (
    select
        shared_among,
        shared_by,
        {{ each_text('shared_by') }} as ebook_id
    from shared_groups
    where shared_among = 'ebooks'
),

bearers as (
    select * from named
    where trim(ebook_id) <> ''
    union
    select
        shared_groups.shared_among,
        shared_groups.shared_by,
        ebooks.ebook_id
    from shared_groups
    inner join ebooks on shared_groups.shared_by = trim(ebooks.series)
    where shared_groups.shared_among = 'series'
),

numbered as (
    select
        *,
        row_number() over (
            partition by shared_among, shared_by order by ebook_id
        ) as place,
        count(*) over (partition by shared_among, shared_by) as ebook_count
    from bearers
)

select * from numbered
