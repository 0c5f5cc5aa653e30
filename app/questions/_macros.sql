-- What the questions share; made anew in every connection.

create or replace temp macro name_of(title, ebook_id) as
coalesce(nullif(title, ''), if(ebook_id = 'unattributed', 'Unattributed', ebook_id));

-- Ratios of sums over a selection, rounded half to even: `/` on decimals is a double in DuckDB.
-- Both sides are counted in whole units of 1e-12; null when there is nothing to divide by.
create or replace temp macro whole_units(amount) as
cast(cast(amount as decimal(38, 12)) * 1000000000000 as hugeint);

create or replace temp macro divided(dividend, divisor) as
dividend // divisor
+ if(2 * (dividend % divisor) + (dividend // divisor) % 2 > divisor, 1, 0);

create or replace temp macro usd_per(amount_usd, unit_count) as
cast(
    divided(whole_units(amount_usd), nullif(cast(unit_count as hugeint), 0)) as decimal(38, 0)
) * cast(0.000000000001 as decimal(38, 12));

create or replace temp macro share_of(part_usd, whole_usd) as
cast(
    divided(whole_units(part_usd) * 1000000, nullif(whole_units(whole_usd), 0)) as decimal(9, 0)
) * cast(0.000001 as decimal(9, 6));
