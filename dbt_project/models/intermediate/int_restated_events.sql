{{ config(materialized='table') }}

-- The events of which something has landed since the last build: they themselves, a settlement of
-- theirs, another telling of their generation, by analytics too, a price that was in force when
-- they started, or a name of their model. Empty when everything is built anew: nothing asks then.

-- depends_on: {{ ref('dim_models') }}

with

{% if is_restating() %}

    {# An edition of others replaces the one before it whole. #}
    {% set repriced_since = the_value(
        "select min(case when source = 'genai_prices' then timestamptz '1970-01-01' else observed_at"
        " end) from " ~ new_rows('model_prices')
    ) %}
    {% set renamed_models %}
        select models.model
        from {{ ref('dim_models') }} as models
        left join build_state.previous_models on models.model = previous_models.model
        where models.canonical_model is distinct from previous_models.canonical_model
    {% endset %}
    {# Its prices are those of another model now. #}
    {% set renamed_prices %}
        select
            models.canonical_model,
            previous_models.canonical_model as previous_canonical_model
        from {{ ref('dim_models') }} as models
        inner join build_state.previous_models on models.model = previous_models.model
        where
            models.canonical_model <> previous_models.canonical_model
            and models.model in (select model from {{ source('lake', 'model_prices') }})
    {% endset %}

    restated as (
        select event_id from {{ new_rows('usage_events') }}
        union
        select event_id from {{ new_rows('settlements') }}
        where event_id is not null
        union
        select event_id from {{ source('lake', 'usage_events') }}
        where {{ found_in('generation_id', new_rows('usage_events')) }}
        union
        select event_id from {{ source('lake', 'usage_events') }}
        where {{ found_in('generation_id', new_rows('settlements')) }}
        union
        select event_id from {{ last_build_of('fct_attempts') }}
        where {{ found_in('generation_id', new_rows('provider_generations')) }}
        {% if repriced_since %}
            union
            select event_id from {{ source('lake', 'usage_events') }}
            where started_at >= cast('{{ repriced_since }}' as timestamptz)
        {% endif %}
        {% if the_value("select max(model) from (" ~ renamed_models ~ ")") %}
            union
            select event_id from {{ last_build_of('fct_attempts') }}
            where
                coalesce(served_model, requested_model) in ({{ renamed_models }})
                or canonical_model in (select canonical_model from ({{ renamed_prices }}))
                or canonical_model in (select previous_canonical_model from ({{ renamed_prices }}))
        {% endif %}
    )

{% else %}

    restated as (
        select event_id from {{ source('lake', 'usage_events') }}
        where false
    )

{% endif %}

select * from restated
