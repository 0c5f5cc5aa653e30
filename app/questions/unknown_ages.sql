-- Calls whose cost nobody has said yet, by how long ago they were sent.
select
    case age_band
        when 'under_1_hour' then 'under 1 hour'
        when '1_hour_to_1_day' then '1 hour to 1 day'
        else replace(age_band, '_', ' ')
    end as age,
    unpriced_count,
    in_doubt_count,
    without_generation_count,
    oldest_call_at
from fct_unknown_cost_ages
order by band_number
