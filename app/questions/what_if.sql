-- What each ebook would cost if all work of $stages were done by $other_models, the first by the
-- first and so on, token for token at the prices in force now. What a model did itself stays as it
-- was, and so do all other stages, and what nobody counted. Null where a part of the work has no
-- price. The first $row_limit, the dearest, beside the sums over all that can be compared.
with

work as (
    select
        *,
        canonical_model <> other_model as is_replaced
    from fct_ebook_what_if
    where
        list_contains(cast($other_models as varchar[]), other_model)
        and other_model = $other_models[list_position(cast($stages as varchar[]), stage)]
),

replaced as (
    select
        ebook_id,
        sum(cost_usd) as old_cost_usd,
        whole_sum(if(is_replaced, cost_now_usd, cost_usd)) as new_cost_usd,
        sum(if(is_replaced, uncounted_cost_usd, 0)) as uncounted_cost_usd
    from work
    group by ebook_id
),

whole as (
    select
        ebook_id,
        sum(cost_usd) as cost_usd
    from fct_ebook_model_costs
    group by ebook_id
),

compared as (
    select
        replaced.ebook_id,
        whole.cost_usd,
        whole.cost_usd - replaced.old_cost_usd + replaced.new_cost_usd as new_cost_usd,
        replaced.new_cost_usd - replaced.old_cost_usd as difference_usd,
        replaced.uncounted_cost_usd
    from replaced
    inner join whole on replaced.ebook_id = whole.ebook_id
),

listed as (
    select
        *,
        count(*) over () as book_count,
        count(new_cost_usd) over () as comparable_count,
        sum(if(new_cost_usd is null, 0, cost_usd)) over () as comparable_cost_usd,
        sum(new_cost_usd) over () as all_new_cost_usd,
        sum(difference_usd) over () as all_difference_usd
    from compared
    order by cost_usd desc, ebook_id
    limit $row_limit
),

said as (
    select
        ebook_id,
        list_sort(list_distinct(flatten(list(string_split(not_carried_over, ', '))))) as reasons
    from work
    where is_replaced and ebook_id in (select ebook_id from listed)
    group by ebook_id
)

select
    listed.*,
    share_of(all_difference_usd, comparable_cost_usd) as change_share,
    name_of(dim_ebooks.title, listed.ebook_id) as book,
    array_to_string(said.reasons, ', ') as not_carried_over
from listed
left join said on listed.ebook_id = said.ebook_id
left join dim_ebooks on listed.ebook_id = dim_ebooks.ebook_id
order by listed.cost_usd desc, listed.ebook_id
