"""Which generations have cost something that nobody has told us yet."""

from ingest.lake import Lake
from ingest.pull.questions import Unsettled


def unsettled_generations(lake: Lake) -> list[Unsettled]:
    """The generations whose true spend no reply has told and no settlement yet, oldest first.

    Cancelled, failed and doubtful attempts are among them as far as their replies told no cost,
    and so is one under an own key whose upstream cost is missing: it is a part of the spend. Of
    rankings and transcriptions nobody knows that before they were asked for.
    """
    untold = lake.scan("usage_events").sql(
        """
        select generation_id, max(coalesce(finished_at, started_at)) as heard_at,
            min(case
                when http_status in (400, 401, 402, 403, 404, 413, 422, 429, 503, 529) then 0
                else 1
            end) as may_be_billed
        from self
        where generation_id is not null
            -- `/generation` knows no batches; the question for one tells what it cost.
            and coalesce(endpoint, '') not like '%batches'
        group by event_id, generation_id
        having max(reported_cost_usd) is null
            or max(case when is_byok and upstream_cost_usd is null then 1 else 0 end) = 1
            -- These never say whose key it was, nor what its owner pays besides.
            or max(case when is_byok is not null then 1
                when endpoint like '%rerank' or endpoint like '%audio/transcriptions' then 0
                else 1 end) = 0
        """
    )
    settled = lake.scan("settlements").sql(
        # The question for a video tells whose key it was, and not what its owner pays besides.
        "select generation_id from self where total_cost_usd is not null "
        "and (is_byok is not true or upstream_cost_usd is not null)"
    )
    asked = untold.join(settled, on="generation_id", how="anti").sql(
        "select generation_id, max(heard_at) as heard_at, max(may_be_billed) as may_be_billed "
        "from self group by generation_id order by heard_at, generation_id"
    )
    return [Unsettled(name, at, bool(may)) for name, at, may in asked.collect().iter_rows()]
