-- One row per source and reason for which rows were not accepted, worst first by verdict: the source with the greatest share of
-- rows of that verdict, whatever the reason, and its most frequent reason.
with reasons as (

    select
        source_name,
        verdict,
        reason,
        sum(row_count) as row_count
    from {{ ref('demand_forecast', 'stg_event_counts') }}
    group by source_name, verdict, reason

),

shares as (

    select
        *,
        sum(row_count) over (partition by source_name, verdict) / nullif(sum(row_count) over (partition by source_name), 0) as verdict_share
    from reasons

)

select
    *,
    row_number() over (partition by verdict order by verdict_share desc, row_count desc, source_name, reason) as verdict_rank
from shares
where verdict <> 'accepted' and row_count > 0
