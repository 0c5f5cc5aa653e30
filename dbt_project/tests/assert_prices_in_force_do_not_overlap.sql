-- One call meets one row: of the same model and provider, no two hold at the same instant, minute
-- of the day, weekday and size of the prompt.
with

prices as (
    select
        *,
        row_number() over (
            order by
                canonical_model,
                variant,
                provider_key,
                valid_from,
                above_input_tokens,
                from_minute,
                weekday
        ) as price_number
    from {{ ref('int_prices_in_force') }}
)

select
    one.canonical_model,
    one.provider_key,
    one.valid_from,
    other.valid_from as other_valid_from
from prices as one
inner join prices as other
    on
        one.canonical_model = other.canonical_model
        and one.variant = other.variant
        and one.provider_key = other.provider_key
where
    one.price_number < other.price_number
    and (one.valid_to is null or other.valid_from < one.valid_to)
    and (other.valid_to is null or one.valid_from < other.valid_to)
    and (one.up_to_input_tokens is null or other.above_input_tokens < one.up_to_input_tokens)
    and (other.up_to_input_tokens is null or one.above_input_tokens < other.up_to_input_tokens)
    and one.from_minute < other.to_minute
    and other.from_minute < one.to_minute
    and (one.weekday is null or other.weekday is null or one.weekday = other.weekday)
