-- Staging keeps one row for each key, and would drop one without.
select 'usage_events' as table_name
from {{ source('lake', 'usage_events') }}
where event_id is null
union all
select 'settlements' as table_name
from {{ source('lake', 'settlements') }}
where generation_id is null
union all
select 'outcomes' as table_name
from {{ source('lake', 'outcomes') }}
where operation_id is null
