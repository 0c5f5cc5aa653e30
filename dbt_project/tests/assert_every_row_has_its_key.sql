-- Staging keeps one row for each key, and would drop one without. Asked of what has landed since
-- the last build.
select 'usage_events' as table_name
from {{ new_rows('usage_events') }}
where event_id is null
union all
select 'settlements' as table_name
from {{ new_rows('settlements') }}
where generation_id is null
union all
select 'outcomes' as table_name
from {{ new_rows('outcomes') }}
where operation_id is null
