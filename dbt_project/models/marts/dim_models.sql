with

told as (
    select * from {{ ref('int_model_spellings') }}
),

prices as (
    select * from {{ ref('stg_model_prices') }}
),

activity as (
    select * from {{ ref('stg_provider_activity') }}
),

spellings as (
    select model from told
    union
    select model from activity
    union
    select model from prices
    union
    select canonical_slug as model from prices
),

based as (
    select
        model,
        {{ base_model('model') }} as base_model,
        {{ model_key('model') }} as model_key
    from spellings
    where model is not null
),

-- What others list is not OpenRouter's catalogue.
catalogued as (
    select * from prices
    where price_source is distinct from 'genai_prices'
),

catalogue_pairs as (
    select
        {{ base_model('model') }} as listed_model,
        {{ base_model('canonical_slug') }} as spelling,
        observed_at
    from catalogued
    where canonical_slug is not null
    union all
    select
        {{ base_model('model') }} as listed_model,
        {{ base_model('model') }} as spelling,
        observed_at
    from catalogued
),

-- An alias, `~author/name-latest`, lists another model's permaslug: that model's own slug wins.
ranked_pairs as (
    select
        listed_model,
        spelling,
        row_number() over (
            partition by spelling
            order by
                case
                    when listed_model = spelling then 0
                    when listed_model like '~%' then 2
                    else 1
                end,
                observed_at desc,
                listed_model
        ) as pair_rank
    from catalogue_pairs
),

catalogue as (
    select
        listed_model,
        spelling
    from ranked_pairs
    where pair_rank = 1
),

-- A slug that the catalogue lists stands for its key, else the shortest spelling, which is undated.
ranked_bases as (
    select
        based.model_key,
        based.base_model,
        row_number() over (
            partition by based.model_key
            order by
                case when catalogue.listed_model = based.base_model then 0 else 1 end,
                length(based.base_model),
                based.base_model
        ) as base_rank
    from based
    left join catalogue on based.base_model = catalogue.spelling
),

representatives as (
    select
        model_key,
        base_model
    from ranked_bases
    where base_rank = 1
),

matched as (
    select
        based.model,
        coalesce(catalogue.listed_model, representatives.base_model) as canonical_model,
        case
            when catalogue.listed_model is not null then 'catalogue'
            when representatives.base_model = based.model then 'identity'
            else 'rule'
        end as match_rule
    from based
    inner join representatives on based.model_key = representatives.model_key
    left join catalogue on based.base_model = catalogue.spelling
),

named as (
    select
        model,
        canonical_model,
        case when canonical_model like '%/%' then split_part(canonical_model, '/', 1) end as author,
        match_rule
    from matched
)

select * from named
